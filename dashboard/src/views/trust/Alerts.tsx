// /dashboard/trust/alerts: what is wrong, since when, and who was told.
import { AlertList } from "@/features/alert/AlertList";
import { Page } from "@/ui/Page";

/** The list of alerts. */
export function Alerts() {
  return (
    <Page title="Alerts" lead="One alert is one episode: a cause with what follows from it.">
      <AlertList />
    </Page>
  );
}
