// /dashboard/trust/signals: all signals, worst first.
import { SignalList } from "@/features/signal/SignalList";
import { SignalTimelines } from "@/features/signal/SignalTimelines";
import { Page } from "@/ui/Page";

/** The list of signals. */
export function Signals() {
  return (
    <Page
      title="Signals"
      lead="The health of everything that pushes depend on, 0 to 100. No data is unknown, never healthy."
    >
      <div className="grid gap-4">
        <SignalList />
        <SignalTimelines />
      </div>
    </Page>
  );
}
