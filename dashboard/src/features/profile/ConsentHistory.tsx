// What a person stated about consent: every change of a purpose's state, the newest first.
import { useConsentHistory } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Entry = Schemas["ConsentEntry"];

/** Changes with the statement that began each. */
export function ConsentHistory({ profile }: { readonly profile: string }) {
  const history = useConsentHistory({
    params: { path: { id: profile }, query: { limit: 50 } },
  });
  return (
    <Card title="Consent history">
      <Answer
        asked={history}
        name="consent history"
        height="12rem"
        oldAfterS={600}
        empty={(data) =>
          rowsOf(data).length === 0 && !history.hasNextPage ? (
            <Empty title="No event states anything" />
          ) : undefined
        }
      >
        {(data) => (
          <Table
            caption="Consent history, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => `${row.event_id} ${row.purpose}`}
            more={history}
            columns={[
              { name: "stated", cell: (row) => <Time at={row.at} form="clock" /> },
              {
                name: "purpose",
                cell: (row) => (row.purpose === "*" ? "every purpose" : row.purpose),
              },
              { name: "state", cell: (row) => <State entry={row} /> },
              { name: "source", cell: (row) => <Source entry={row} />, from: "md" },
              { name: "form", cell: (row) => row.form, from: "lg" },
              { name: "version", cell: (row) => row.version ?? "–", from: "lg" },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Source({ entry }: { readonly entry: Entry }) {
  if (entry.operator === null) return entry.source;
  return `operator: ${entry.operator.reason}`;
}

function State({ entry }: { readonly entry: Entry }) {
  const { state, count, last_at, is_whole, in_force } = entry;
  return (
    <>
      <span className="inline-flex items-baseline gap-1 [&>svg]:self-center">
        <Icon name={state === "granted" ? "check" : "cross"} />
        {state === "unreadable" ? "refused (unreadable)" : state}
        {in_force && ", in force"}
      </span>
      {count > 1 && (
        <span className="block text-quiet">
          {count}
          {is_whole ? "" : " or more"} times, last <Time at={last_at} />
        </span>
      )}
    </>
  );
}
