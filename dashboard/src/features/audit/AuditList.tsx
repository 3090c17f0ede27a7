// The audit log: who did what to what, when; each entry with its place in the chain.
import { useState } from "react";
import { useAudit } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { instantsOf, rangeOf } from "@/lib/range";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { JsonTree } from "@/ui/JsonTree";
import { RangePicker } from "@/ui/RangePicker";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import type { AuditSearch } from "./address";
import { Filter } from "./Filter";

type Entry = Schemas["AuditEntry"];

interface Props {
  readonly search: AuditSearch;
  readonly onSearch: (search: AuditSearch) => void;
}

/** The query of a search, as the API takes it. */
export function queryOf(search: AuditSearch, now: number) {
  const range = rangeOf({ ...search }, "7d");
  const { actor, action, subject } = search;
  return {
    ...instantsOf(range, now),
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(subject !== undefined && { subject }),
  };
}

/** The entries, newest first. */
export function AuditList({ search, onSearch }: Props) {
  // Held, so that the list does not begin again while somebody reads it.
  const [now] = useState(() => Date.now());
  const query = queryOf(search, now);
  const entries = useAudit({ params: { query: { ...query, limit: 50 } } });
  return (
    <Card title="Entries" aside={<RangePicker range={rangeOf({ ...search }, "7d")} />}>
      <Filter search={search} onSearch={onSearch} />
      <Answer
        asked={entries}
        name="audit log"
        height="24rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No entry matches">
              <button type="button" className="underline" onClick={() => onSearch({})}>
                Clear filters
              </button>
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Entry>
            caption="Audit entries, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            more={entries}
            columns={[
              { name: "seq", isNumber: true, cell: (row) => row.seq ?? "–" },
              { name: "at", cell: (row) => <Time at={row.at} form="clock" /> },
              { name: "who", cell: (row) => <Who entry={row} /> },
              { name: "action", cell: (row) => row.action },
              {
                name: "subject",
                from: "sm",
                cell: (row) => <span className="break-all">{row.subject}</span>,
              },
              { name: "detail", cell: (row) => <Detail entry={row} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Who({ entry }: { readonly entry: Entry }) {
  if (entry.actor_name === null) return <>{entry.actor}</>;
  return (
    <>
      {entry.actor_name} <span className="text-quiet">{entry.actor}</span>
    </>
  );
}

function Detail({ entry }: { readonly entry: Entry }) {
  return (
    <details>
      <summary>show</summary>
      <JsonTree value={entry.detail} />
      <p className="text-note text-quiet">
        hash <code className="break-all">{entry.hash ?? "none: written past the log"}</code>
      </p>
    </details>
  );
}
