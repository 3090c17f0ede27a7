// What an event did: merges, entries and exits that cite it.
import { Link } from "@tanstack/react-router";
import { useProfileChanges } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { MINUTE } from "@/lib/time";
import { Answer } from "@/ui/Answer";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Change = Schemas["PersonChangeView"];

const WITHIN = 10 * MINUTE;

/** The changes of the person that cite the event. */
export function Followed({ event }: { readonly event: Schemas["FeedEvent"] }) {
  const received = Date.parse(event.received_at);
  const changes = useProfileChanges(
    {
      params: {
        path: { id: event.profile_id ?? "" },
        query: {
          since: new Date(received - MINUTE).toISOString(),
          until: new Date(received + WITHIN).toISOString(),
          kinds: ["merge", "segment"],
          limit: 200,
        },
      },
    },
    { enabled: event.profile_id !== null },
  );
  if (event.profile_id === null)
    return (
      <p className="text-table text-quiet">
        The identifier was erased, so nothing leads to a person any more.
      </p>
    );
  return (
    <section aria-label="What it did">
      <h3 className="mb-1 font-[650]">What it did</h3>
      <Answer asked={changes} name="changes" height="3rem">
        {(data) => {
          const caused = rowsOf(data).filter(({ cites }) =>
            cites.some((cited) => cited.id === event.id),
          );
          if (caused.length === 0)
            return (
              <p className="text-table text-quiet">No merge, no entry and no exit cites it.</p>
            );
          return (
            <ul className="grid gap-1 text-table">
              {caused.map((change) => (
                <li key={`${change.at} ${change.kind} ${change.segment?.id ?? change.other_id}`}>
                  <Words change={change} />{" "}
                  <span className="text-quiet">
                    <Time at={change.at} form="clock" />
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Answer>
    </section>
  );
}

function Words({ change }: { readonly change: Change }) {
  const { segment, other_id: other } = change;
  if (segment !== null)
    return (
      <>
        {change.kind === "entry" ? "entered" : "left"}{" "}
        <Link className="underline" to="/cdp/segments/$id" params={{ id: String(segment.id) }}>
          {segment.name ?? `segment ${segment.id}`}
        </Link>
      </>
    );
  return (
    <>
      {change.kind}
      {other !== null && (
        <>
          {" "}
          with{" "}
          <Link className="underline" to="/cdp/identity/$id" params={{ id: other }}>
            {other.slice(0, 8)}
          </Link>
        </>
      )}
    </>
  );
}
