// All signals, worst first, with what lowers each.
import { useSignals } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { worstFirst } from "@/lib/signals";
import { NoSignals } from "@/trust/NoSignals";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { HEALTH, READ, SIGNAL } from "@/ui/signalColumns";
import { Table } from "@/ui/Table";

/** The table of signals. */
export function SignalList() {
  const signals = useSignals();
  return (
    <Card title="All signals">
      <Answer
        asked={signals}
        name="signals"
        height="20rem"
        empty={({ items }) => (items.length === 0 ? <NoSignals /> : undefined)}
      >
        {({ items }) => (
          <Table<Schemas["Signal"]>
            caption="Signals, worst first"
            rows={worstFirst(items)}
            keyOf={(row) => row.signal}
            isLive
            columns={[
              SIGNAL,
              HEALTH,
              READ,
              {
                name: "events",
                isNumber: true,
                from: "md",
                cell: (row) => (row.reading === null ? "–" : formatCount(row.reading.sample)),
              },
              {
                name: "what lowers it",
                from: "sm",
                cell: (row) =>
                  row.reading?.reasons[0] ?? <span className="text-quiet">nothing</span>,
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
