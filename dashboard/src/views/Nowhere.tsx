// An address that leads nowhere.
import { Link } from "@tanstack/react-router";
import { Page } from "@/ui/Page";

/** What an unknown address shows. */
export function Nowhere() {
  return (
    <Page title="There is no such page">
      <p>
        <Link to="/cdp">Go to the overview</Link>
      </p>
    </Page>
  );
}
