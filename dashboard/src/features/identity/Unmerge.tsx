// Unmerging: who the people would be, a reason, the command, and its outcome.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCommand, useProfileMerges, useUnmerge, useUnmergePreview } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Act } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { rowsOf } from "@/ui/Table";
import { useRefusal } from "@/ui/scopes";
import { PartCard } from "./PartCard";

/** What is asked for: identifiers to split off, or links that never held. */
export type Wanted = Pick<Schemas["UnmergeRequest"], "identifiers" | "links">;

interface Props {
  /** The button's words. */
  readonly name: string;
  readonly profileId: string;
  readonly wanted: Wanted;
  /** Why it cannot be done, besides the scope. */
  readonly refusal?: string | undefined;
}

/** A button that shows both people before it bans anything. */
export function Unmerge({ name, profileId, wanted, refusal }: Props) {
  const [command, setCommand] = useState<string | null>(null);
  const unmerge = useUnmerge();
  const scope = useRefusal(unmerge.scopes);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Act
        name={name}
        title="Unmerge"
        verb="Unmerge"
        look="danger"
        done="The unmerge is accepted."
        refusal={scope ?? refusal}
        effect={<Preview profileId={profileId} wanted={wanted} />}
        act={async (reason) => {
          const accepted = await unmerge.mutateAsync({
            params: { path: { id: profileId } },
            body: { ...wanted, reason },
          });
          setCommand(accepted.command_id);
        }}
      />
      {command !== null && <Outcome id={command} profileId={profileId} />}
    </div>
  );
}

/** The people as the engine itself would divide them; a refusal in its words. */
function Preview({ profileId, wanted }: Pick<Props, "profileId" | "wanted">) {
  const preview = useUnmergePreview({
    params: { path: { id: profileId } },
    body: { ...wanted, reason: "preview" },
  });
  return (
    <Answer asked={preview} name="preview" height="16rem">
      {({ bans, people }) => (
        <div className="grid gap-3">
          <div className="grid gap-3 sm:grid-cols-2">
            {people.map((person) => (
              <PartCard
                key={person.profile_id}
                person={person}
                isSame={person.profile_id === profileId}
              />
            ))}
          </div>
          <p>
            <b>
              {bans.length} {bans.length === 1 ? "link is" : "links are"} banned for good
            </b>
            , also at a replay.
          </p>
        </div>
      )}
    </Answer>
  );
}

interface OutcomeProps {
  readonly id: string;
  readonly profileId: string;
}

/** Followed until it is processed, then the people who came out of it. */
function Outcome({ id, profileId }: OutcomeProps) {
  const command = useCommand({ params: { path: { id } } });
  return (
    <Answer asked={command} name="command" height="2rem">
      {({ status }) =>
        status === "processed" ? (
          <Divided id={id} profileId={profileId} />
        ) : (
          <p role="status">In the log, not processed yet…</p>
        )
      }
    </Answer>
  );
}

function Divided({ id, profileId }: OutcomeProps) {
  const merges = useProfileMerges({ params: { path: { id: profileId }, query: { limit: 20 } } });
  const isOurs = (row: Schemas["Merge"]) => row.cause.message_id === id && row.kind !== "merge";
  return (
    <Answer asked={merges} name="people" height="2rem">
      {(data) => {
        const people = rowsOf(data).filter(isOurs);
        return (
          <div role="status">
            <p>
              {people.length === 0
                ? "Processed. Nobody came out of it yet; the history below says what follows."
                : "Processed. Who came out of it:"}
            </p>
            <ul>
              {people.map((row) => (
                <li key={row.id}>
                  <Link to="/cdp/identity/$id" params={{ id: row.other }} className="font-mono">
                    {row.other.slice(0, 8)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      }}
    </Answer>
  );
}
