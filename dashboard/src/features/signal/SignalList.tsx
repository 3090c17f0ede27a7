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
import { useStale } from "@/ui/zone";

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
                cell: (row) => <Lowers signal={row} />,
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

/** What lowers its score; a reading that says nothing about now says nothing of that, either. */
function Lowers({ signal: { reading, status } }: { readonly signal: Schemas["Signal"] }) {
  const isStale = useStale(reading?.read_at);
  if (reading === null || isStale || status !== reading.status)
    return <span className="text-quiet">–</span>;
  return reading.reasons[0] ?? <span className="text-quiet">nothing</span>;
}
