// The list of dead letters of a filter.
import { Link } from "@tanstack/react-router";
import { useDeadLetterCounts, useDeadLetters, useSources } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { STATUSES } from "./address";
import { useLetterFilter } from "./filter";
import { LetterStatus } from "./LetterStatus";
import { RetryAll } from "./RetryAll";
import { useSourceName } from "./sources";

type Letter = Schemas["DeadLetterSummary"];

/** The list with its filters, and trying all of them again. */
export function Letters() {
  const { search, query, change } = useLetterFilter();
  const letters = useDeadLetters({ params: { query: { ...query, limit: 50 } } });
  const sourceName = useSourceName();
  const filters = [search.reason, search.source, search.status].filter(Boolean).length;
  const clear = () => change({ reason: undefined, source: undefined, status: undefined });
  return (
    <Card title="Letters" aside={<RetryAll key={JSON.stringify(query)} />}>
      <Filters />
      <Answer
        asked={letters}
        name="dead letters"
        height="16rem"
        empty={(data) =>
          rowsOf(data).length > 0 ? undefined : filters === 0 ? (
            <Empty title="No dead letter" />
          ) : (
            <Empty
              title={`No dead letter matches ${filters === 1 ? "the filter" : `${filters} filters`}`}
            >
              <Button onClick={clear}>Clear filters</Button>
            </Empty>
          )
        }
      >
        {(data) => (
          <Table<Letter>
            caption="Dead letters, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            isCurrent={(row) => row.id === search.open}
            more={letters}
            columns={[
              {
                name: "letter",
                cell: (row) => (
                  <Link to="." search={(earlier) => ({ ...earlier, open: row.id })}>
                    {row.id}
                  </Link>
                ),
              },
              { name: "reason", cell: (row) => row.reason.replaceAll("_", " ") },
              {
                name: "where",
                from: "sm",
                cell: (row) =>
                  row.detail === "" ? "–" : <code className="break-all">{row.detail}</code>,
              },
              { name: "source", from: "md", cell: (row) => sourceName(row.source_id) },
              { name: "recorded", from: "md", cell: (row) => <Time at={row.recorded_at} /> },
              { name: "status", cell: (row) => <LetterStatus status={row.status} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Filters() {
  const { search, change } = useLetterFilter();
  const groups = useDeadLetterCounts().data?.items ?? [];
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } }));
  const reasons = new Set([
    ...(search.reason === undefined ? [] : [search.reason]),
    ...groups.map((each) => each.reason),
  ]);
  return (
    <div className="mb-3 flex flex-wrap gap-x-4 gap-y-2">
      <Choice
        label="Reason"
        value={search.reason}
        options={[...reasons].map((reason) => [reason, reason.replaceAll("_", " ")])}
        onChange={(reason) => change({ reason })}
      />
      <Choice
        label="Source"
        isCut={sources.isCut}
        value={search.source}
        options={sources.rows.map((each) => [String(each.id), each.name])}
        onChange={(source) => change({ source })}
      />
      <Choice
        label="Status"
        value={search.status}
        options={STATUSES.map((status) => [status, status])}
        onChange={(status) => change({ status: STATUSES.find((each) => each === status) })}
      />
    </div>
  );
}
