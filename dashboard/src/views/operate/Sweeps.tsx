// /dashboard/operate/sweeps
import { SweepList } from "@/features/sweep/SweepList";
import { Page } from "@/ui/Page";

/** Walks over everybody. */
export function Sweeps() {
  return (
    <Page
      title="Sweeps"
      place="Operate"
      lead="After a definition changed, everybody is looked at once: how far that is, and the proof that nothing old is left."
    >
      <SweepList />
    </Page>
  );
}
