// The rows of the list: when, what, from where, whose, and how late it came.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSources } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { whoseOf } from "@/lib/payload";
import { formatCount } from "@/lib/number";
import type { Problem } from "@/lib/problem";
import { formatSpan } from "@/lib/time";
import { ProblemText } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { Mask } from "@/ui/Mask";
import { Table, type More } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { useAskedEvents } from "./asked";
import type { Feed, Gap } from "./feed";
import { sourceName } from "./sources";

type FeedEvent = Schemas["FeedEvent"];

interface Props {
  readonly feed: Feed;
  readonly more: More | undefined;
  /** Read what is left out below an event. */
  readonly fill: (event: string) => Promise<void>;
  /** Why that failed last, and below which. */
  readonly failed: { readonly event: string; readonly problem: Problem } | null;
}

/** The table of events. */
export function EventRows({ feed, more, fill, failed }: Props) {
  const { search } = useAskedEvents();
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } })).rows;
  return (
    <Table<FeedEvent>
      caption="Events, newest received first"
      rows={feed.rows}
      keyOf={(row) => row.id}
      isCurrent={(row) => row.id === search.event}
      more={more}
      isHeldBack
      columns={[
        {
          name: "received",
          cell: (row) => {
            const gap = feed.gaps.get(row.id);
            return (
              <>
                <Time at={row.received_at} form="clock" />
                {gap !== undefined && <LeftOut gap={gap} fill={() => fill(row.id)} />}
                {failed?.event === row.id && <ProblemText problem={failed.problem} />}
              </>
            );
          },
        },
        {
          name: "event",
          cell: (row) => (
            <Link
              to="."
              replace={search.event !== undefined}
              search={(earlier) => ({ ...earlier, event: row.id, at: row.received_at })}
              className="break-words"
            >
              <span className="text-quiet">{row.type}</span> {row.name}
            </Link>
          ),
        },
        { name: "source", from: "md", cell: (row) => sourceName(sources, row.source_id) },
        { name: "who", from: "sm", cell: (row) => <Who event={row} /> },
        { name: "late by", isNumber: true, from: "lg", cell: (row) => lateness(row) },
      ]}
    />
  );
}

/** That events are left out below a row, how many, and a button that reads them. */
function LeftOut({ gap, fill }: { readonly gap: Gap; readonly fill: () => Promise<void> }) {
  const [isBusy, setBusy] = useState(false);
  return (
    <span className="block text-note text-degraded">
      {gap.count === null
        ? "more came below than is shown"
        : `about ${formatCount(gap.count)} more came below`}{" "}
      <Button
        look="bare"
        className="min-h-6 px-1 text-note underline"
        isBusy={isBusy}
        onClick={() => {
          setBusy(true);
          void fill().finally(() => setBusy(false));
        }}
      >
        Load them
      </Button>
    </span>
  );
}

/** Whose an event is, as the record says it; masked. */
export function Who({ event }: { readonly event: FeedEvent }) {
  const whose = whoseOf(event.payload);
  if (event.profile_id === null) return <span className="text-quiet">erased</span>;
  return whose === null ? <span className="text-quiet">–</span> : <Mask value={whose} />;
}

/** How long after it happened an event arrived. */
export function lateness({ received_at, occurred_at, from_the_future }: FeedEvent): string {
  const late = (Date.parse(received_at) - Date.parse(occurred_at)) / 1_000;
  if (from_the_future) return "clock ahead";
  return late <= 0 ? "0 s" : formatSpan(late);
}
