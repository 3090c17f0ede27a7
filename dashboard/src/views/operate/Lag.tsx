// /dashboard/operate/lag
import { LagPage } from "@/features/lag/LagPage";
import { Page } from "@/ui/Page";

/** How far the engine is behind. */
export function Lag() {
  return (
    <Page title="Lag" place="Operate" lead="How much of the event log waits, and for how long.">
      <LagPage />
    </Page>
  );
}
