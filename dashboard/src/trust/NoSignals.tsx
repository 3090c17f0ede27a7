// What stands where signals would.
import { Empty } from "@/ui/Answer";

/** Says that there is no signal yet, and how one begins. */
export function NoSignals() {
  return (
    <Empty title="No signal yet: nothing is known, so nothing is sent.">
      A signal begins with the first event of a source or the first answer of a platform.
    </Empty>
  );
}
