// How all signals have been over the last day, side by side.
import { useSignals } from "@/api/cdp";
import { Timelines } from "@/timelines/Timelines";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";

const SHOWN = 30;

/** The card of state timelines, worst first. */
export function SignalTimelines() {
  const signals = useSignals();
  return (
    <Card title="The last 24 hours">
      <Answer
        asked={signals}
        name="signals"
        height="16rem"
        empty={({ items }) => (items.length === 0 ? <Empty title="No signal yet" /> : undefined)}
      >
        {({ items }) => <Timelines signals={items} first={SHOWN} canShowAll />}
      </Answer>
    </Card>
  );
}
