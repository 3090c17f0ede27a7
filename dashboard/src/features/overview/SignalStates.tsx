// Signals, worst first: state, score and when each was read.
import { Link } from "@tanstack/react-router";
import { useSignals } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { Timelines } from "@/timelines/Timelines";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { HEALTH, READ, SIGNAL } from "@/ui/signalColumns";
import { Table } from "@/ui/Table";
import { worstFirst } from "@/lib/signals";

const SHOWN = 6;

/** The signals that need somebody first. */
export function SignalStates() {
  const signals = useSignals();
  return (
    <Card title="Signals" aside={<Link to="/trust/signals">All signals</Link>}>
      <Answer
        asked={signals}
        name="signals"
        height="12rem"
        empty={({ items }) => (items.length === 0 ? <Empty title="No signal yet" /> : undefined)}
      >
        {({ items }) => (
          <>
            <div className="[&_time]:whitespace-normal">
              <Table<Schemas["Signal"]>
                caption="Signals, worst first"
                rows={worstFirst(items).slice(0, SHOWN)}
                keyOf={(row) => row.signal}
                columns={[SIGNAL, HEALTH, { ...READ, from: "sm" }]}
              />
            </div>
            <div className="mt-4">
              <Timelines signals={items} first={SHOWN} />
            </div>
            {items.length > SHOWN && (
              <p className="mt-2 text-table text-quiet">
                and {plural(items.length - SHOWN, "other", "others")}
              </p>
            )}
          </>
        )}
      </Answer>
    </Card>
  );
}
