// Lifting a ban: what follows of it, a reason, the command, and its outcome.
import { useState } from "react";
import { useAllowLink, useCommand } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Act } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { useMasked } from "@/ui/Mask";
import { useRefusal } from "@/ui/scopes";
import { endWords, statusWords } from "./words";

interface Props {
  readonly link: Schemas["LinkView"];
}

/** On a banned link a button that lifts the ban; afterwards what became of it. */
export function LiftBan({ link }: Props) {
  const [command, setCommand] = useState<string | null>(null);
  const allow = useAllowLink();
  const refusal = useRefusal(allow.scopes);
  return (
    <div className="flex flex-wrap items-center gap-3">
      {link.status === "banned" && (
        <Act
          name="Lift the ban…"
          verb="Lift the ban"
          done="Lifting the ban is accepted."
          refusal={refusal}
          effect={<Effect link={link} />}
          act={async (reason) => {
            const accepted = await allow.mutateAsync({
              body: { links: [[{ key: link.a.key }, { key: link.b.key }]], reason },
            });
            setCommand(accepted.command_id);
          }}
        />
      )}
      {command !== null && <Outcome id={command} status={link.status} />}
    </div>
  );
}

/** What will be: in words, because the limits are the engine's. */
function Effect({ link }: Props) {
  const isMasked = useMasked();
  return (
    <div className="grid gap-3">
      <p className="break-words">
        {link.a.kind ?? "not stored"} <b>{endWords(link.a, isMasked)}</b> and{" "}
        {link.b.kind ?? "not stored"} <b>{endWords(link.b, isMasked)}</b> are linked again,{" "}
        <b>also at a replay</b>: whom they connect become one person, with the events of both,
        unless a limit refuses it.
      </p>
      {link.reason !== "" && (
        <p className="break-words">It was banned with the words “{link.reason}”.</p>
      )}
      <p>
        Segments and audiences of both follow. The link can be banned again; the later command
        counts.
      </p>
    </div>
  );
}

interface OutcomeProps {
  readonly id: string;
  /** Of the link, as the graph says it now. */
  readonly status: Schemas["LinkView"]["status"];
}

/** Followed until it is processed. */
function Outcome({ id, status }: OutcomeProps) {
  const command = useCommand({ params: { path: { id } } });
  return (
    <Answer asked={command} name="command" height="2rem">
      {(answer) => (
        <p role="status">
          {answer.status === "pending"
            ? "In the log, not processed yet…"
            : status === "banned"
              ? "Processed. The graph is read again…"
              : `Processed. The link ${statusWords(status)}.`}
        </p>
      )}
    </Answer>
  );
}
