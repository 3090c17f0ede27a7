// Stating consent in a person's name: a letter, a call, a form at the till.
import { useState } from "react";
import { useCommand, useStateConsent } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { instantOfWall } from "@/chart/zone";
import { Act } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { useRefusal } from "@/ui/scopes";
import { useZone } from "@/ui/zone";
import { ConsentForm } from "./ConsentForm";
import { missingOf, NOTHING, requestOf } from "./stating";

/** The act, and what became of it. */
export function StateConsent({ profile }: { readonly profile: Schemas["Profile"] }) {
  const stating = useStateConsent();
  const zone = useZone();
  const [draft, setDraft] = useState(NOTHING);
  const [command, setCommand] = useState<string | null>(null);
  const at = draft.said === "" ? null : instantOfWall(draft.said, zone);
  return (
    <div className="mt-3 flex flex-wrap items-center gap-3">
      <Act
        name="State consent…"
        title="State this person's consent"
        verb={draft.state === "refused" ? "Withdraw" : "Grant"}
        look="main"
        done="The statement is in the event log."
        missing={missingOf(draft, at)}
        refusal={useRefusal(stating.scopes)}
        effect={
          <ConsentForm draft={draft} own={Object.keys(profile.consent)} onChange={setDraft} />
        }
        act={async (reason) => {
          const body = requestOf(draft, at, reason);
          if (body === null) return;
          const params = { path: { id: profile.id } };
          const accepted = await stating.mutateAsync({ params, body });
          setCommand(accepted.command_id);
          setDraft(NOTHING);
        }}
      />
      {command !== null && <Outcome key={command} id={command} />}
    </div>
  );
}

/** Followed until it is processed. */
function Outcome({ id }: { readonly id: string }) {
  const command = useCommand({ params: { path: { id } } });
  return (
    <Answer asked={command} name="command" height="2rem">
      {({ status }) => (
        <p role="status">
          {status === "processed"
            ? "Processed. Which statement is in force stands in the history below."
            : "In the log, not processed yet…"}
        </p>
      )}
    </Answer>
  );
}
