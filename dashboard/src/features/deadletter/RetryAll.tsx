// Trying all letters of a filter again, with their number first, and what came of it.
import { useState } from "react";
import { useDeadLetterCounts, useDeadLetters, useRetryDeadLetters } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatEstimate, plural } from "@/lib/number";
import { Act } from "@/ui/Act";
import { useRefusal } from "@/ui/scopes";
import { rowsOf } from "@/ui/Table";
import { useLetterFilter } from "./filter";

interface Retried {
  readonly ids: ReadonlySet<number>;
  readonly hopeless: number;
}

/** How many letters of a filter have a status, and whether all were counted. */
export function countOf(
  groups: Schemas["DeadLetterStatistics"] | undefined,
  filter: { readonly reason?: string; readonly source?: number },
  status: "open" | "retrying",
): { count: number; exact: boolean } | null {
  if (groups === undefined) return null;
  const count = groups.items
    .filter(({ reason }) => (filter.reason ?? reason) === reason)
    .filter(({ source_id: id }) => filter.source === undefined || filter.source === id)
    .reduce((sum, group) => sum + group[status], 0);
  return { count, exact: groups.exact };
}

/** The act; it retries what is open, or what never came back where the filter says so. */
export function RetryAll() {
  const { search, query } = useLetterFilter();
  const retry = useRetryDeadLetters();
  const counts = useDeadLetterCounts().data;
  const [retried, setRetried] = useState<Retried | null>(null);
  const status = search.status === "retrying" ? "retrying" : "open";
  const count = countOf(counts, query, status);
  const refusal = useRefusal(retry.scopes);
  const act = async () => {
    const ids = new Set<number>();
    let hopeless = 0;
    let after = 0;
    for (let isMore = true; isMore;) {
      const result = await retry.mutateAsync({
        body: { ...query, status, after, limit: 1_000 },
      });
      for (const id of result.retried) ids.add(id);
      hopeless += result.hopeless.length;
      setRetried({ ids: new Set(ids), hopeless });
      isMore = result.more && result.last > after;
      after = result.last;
    }
  };
  const words = count === null ? "" : formatEstimate(count.count, count.exact);
  return (
    <span className="flex flex-wrap items-center gap-3">
      {retried !== null && <Outcome retried={retried} />}
      <Act
        name="Retry all…"
        title="Retry all letters of this filter"
        verb={`Retry ${words}`}
        done="The records are in the log again."
        hasReason={false}
        refusal={
          refusal ??
          (search.status === "resolved"
            ? "Resolved letters need no retry."
            : count?.count === 0
              ? `No letter of this filter is ${status}.`
              : undefined)
        }
        effect={
          <p>
            {count === null
              ? "Their number is not known yet."
              : `${words} ${count.count === 1 ? "letter" : "letters"} that ${count.count === 1 ? "is" : "are"} ${status}${
                  search.reason === undefined ? "" : ` for “${search.reason.replaceAll("_", " ")}”`
                }.`}{" "}
            Their records are appended to the log again, oldest first. Those that are understood now
            are stored as of when they were received; the others come back as new letters.
          </p>
        }
        act={act}
      />
    </span>
  );
}

function Outcome({ retried }: { readonly retried: Retried }) {
  const { query } = useLetterFilter();
  const { status: _, ...rest } = query;
  const counts = useDeadLetterCounts().data;
  const newest = useDeadLetters({ params: { query: { ...rest, limit: 200 } } });
  const waiting = countOf(counts, query, "retrying");
  const again = rowsOf(newest.data).filter(
    (letter) => letter.retry_of !== null && retried.ids.has(letter.retry_of),
  ).length;
  return (
    <span role="status" className="text-quiet">
      {plural(retried.ids.size, "record", "records")} in the log again
      {waiting !== null &&
        waiting.count > 0 &&
        `, ${formatEstimate(waiting.count, waiting.exact)} still retrying`}
      {again > 0 && `, ${plural(again, "came", "came")} back refused`}
      {retried.hopeless > 0 && `, ${retried.hopeless} not valid JSON: they stay open`}
    </span>
  );
}
