// /dashboard/cdp/events
import { EventPage } from "@/features/event/EventPage";
import { Page } from "@/ui/Page";

/** Events. */
export function CDPEvents() {
  return (
    <Page title="Events" lead="Do they come, as usual, and understood?">
      <EventPage />
    </Page>
  );
}
