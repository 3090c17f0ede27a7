// The readings of a signal, newest first; a row shows what changed in it.
import { useSignalReadings } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { State } from "@/ui/State";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { changedSince, changeText } from "./changed";

type Reading = Schemas["Reading"];

/** The list of readings. */
export function Readings({ signal }: { readonly signal: string }) {
  const readings = useSignalReadings({ params: { path: { signal }, query: { limit: 20 } } });
  return (
    <Card title="Readings">
      <Answer
        asked={readings}
        name="readings"
        height="12rem"
        empty={(data) => (rowsOf(data).length === 0 ? <Empty title="Never read" /> : undefined)}
      >
        {(data) => (
          <Table<Row>
            caption="Readings, newest first"
            rows={withBefore(rowsOf(data))}
            keyOf={(row) => row.id}
            more={readings}
            columns={[
              { name: "read", cell: (row) => <Time at={row.read_at} form="clock" /> },
              { name: "health", cell: (row) => <State state={row.status} score={row.score} /> },
              {
                name: "events",
                isNumber: true,
                from: "sm",
                cell: (row) => formatCount(row.sample),
              },
              { name: "component that changed", from: "sm", cell: (row) => <Change row={row} /> },
              { name: "what lowers it", cell: (row) => <Reasons reading={row} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

type Row = Reading & { readonly before: Reading | undefined };

/** Each reading with the one before it, as far as the list reaches. */
function withBefore(readings: readonly Reading[]): Row[] {
  return readings.map((reading, place) => ({ ...reading, before: readings[place + 1] }));
}

function Change({ row }: { readonly row: Row }) {
  if (row.before === undefined) return <span className="text-quiet">–</span>;
  const changed = changedSince(row, row.before);
  if (changed === null) return <span className="text-quiet">none</span>;
  return <>{changeText(changed)}</>;
}

function Reasons({ reading }: { readonly reading: Reading }) {
  if (reading.reasons.length === 0) return <span className="text-quiet">nothing</span>;
  return (
    <details>
      <summary>{reading.reasons[0]}</summary>
      <ul className="list-disc pl-5">
        {reading.reasons.slice(1).map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
        {Object.values(reading.components).map((component) => (
          <li key={component.name}>
            {component.name.replaceAll("_", " ")}:{" "}
            {component.score === null ? "unknown" : Math.floor(component.score)}
            {component.reason === "" ? "" : `, ${component.reason}`}
          </li>
        ))}
      </ul>
    </details>
  );
}
