// Tab: what changed between two instants, each change with the events that it cites.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useProfileChanges } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { DAY, MINUTE } from "@/lib/time";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { CHANGES, type ProfileSearch } from "./address";
import { useProfileAddress } from "./addressing";
import { Between } from "./Between";

type Change = Schemas["PersonChangeView"];

const USUAL_DAYS = 30;

/** Events, merges and splits, segments entered and left, in the order of time. */
export function Changes({ profile }: { readonly profile: Schemas["Profile"] }) {
  const [search, change] = useProfileAddress();
  const [monthAgo] = useState(() =>
    new Date(Math.floor(Date.now() / MINUTE) * MINUTE - USUAL_DAYS * DAY).toISOString(),
  );
  const { since = monthAgo, until, kind } = search;
  const isOrdered = until === undefined || since < until;
  const changes = useProfileChanges(
    {
      params: {
        path: { id: profile.id },
        query: {
          since,
          limit: 50,
          ...(until !== undefined && { until }),
          ...(kind !== undefined && { kinds: [kind] }),
        },
      },
    },
    { enabled: isOrdered },
  );
  return (
    <Card
      title="Changes"
      aside={
        <Choice
          label="Show"
          value={kind}
          any="everything"
          options={Object.entries(CHANGES)}
          onChange={(next) => change({ kind: kindOf(next) })}
        />
      }
    >
      <Between since={since} until={until} onChange={(next) => change(next)} />
      {isOrdered ? (
        <Answer
          asked={changes}
          name="changes"
          height="16rem"
          oldAfterS={600}
          empty={(data) =>
            rowsOf(data).length === 0 && !changes.hasNextPage ? (
              <Empty title="Nothing changed between these instants" />
            ) : undefined
          }
        >
          {(data) => (
            <Table<Change & { readonly place: number }>
              caption="Changes, oldest first"
              rows={rowsOf(data).map((row, place) => ({ ...row, place }))}
              keyOf={(row) => row.place}
              more={changes}
              columns={[
                { name: "known at", cell: (row) => <Time at={row.at} form="clock" /> },
                { name: "what", cell: (row) => <What change={row} /> },
                { name: "because of", cell: (row) => <Cited change={row} /> },
              ]}
            />
          )}
        </Answer>
      ) : (
        <Empty title="The end lies before the beginning" />
      )}
    </Card>
  );
}

const KINDS: Record<Change["kind"], string> = {
  event: "event",
  merge: "merged",
  split: "split",
  unmerge: "taken apart",
  entry: "entered",
  exit: "left",
};

function What({ change: { kind, segment, other_id: other } }: { readonly change: Change }) {
  return (
    <>
      {KINDS[kind]}
      {segment !== null && (
        <>
          {" "}
          <Link to="/cdp/segments/$id" params={{ id: String(segment.id) }} className="underline">
            {segment.name ?? `segment ${segment.id}`}
          </Link>{" "}
          <span className="text-quiet">
            version {segment.version}, by {segment.cause}
          </span>
        </>
      )}
      {kind === "merge" && " with another person"}
      {other !== null && (kind === "split" || kind === "unmerge") && (
        <>
          {" "}
          <Link to="/cdp/profiles/$id" params={{ id: other }} className="underline">
            who came out
          </Link>
        </>
      )}
    </>
  );
}

const MOST = 5;

function Cited({ change: { cites } }: { readonly change: Change }) {
  if (cites.length === 0) return <span className="text-quiet">no event</span>;
  return (
    <ul>
      {cites.slice(0, MOST).map((event) => (
        <li key={event.id}>
          {event.name || event.type || "an event that is no longer stored"}{" "}
          {event.occurred_at !== undefined && event.occurred_at !== null && (
            <span className="text-quiet">
              <Time at={event.occurred_at} form="clock" />
            </span>
          )}
        </li>
      ))}
      {cites.length > MOST && <li className="text-quiet">and {cites.length - MOST} more</li>}
    </ul>
  );
}

function kindOf(value: string | undefined): ProfileSearch["kind"] {
  return (Object.keys(CHANGES) as (keyof typeof CHANGES)[]).find((kind) => kind === value);
}
