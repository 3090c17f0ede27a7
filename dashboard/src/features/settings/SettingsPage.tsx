// The settings: sources with their write keys, API keys, how the page looks.
import { Page } from "@/ui/Page";
import { Tabs } from "@/ui/Tabs";
import { TABS, type SettingsTab } from "./address";
import { Keys } from "./Keys";
import { Look } from "./Look";
import { Sources } from "./Sources";

/** The page with the chosen tab. */
export function SettingsPage({ tab }: { readonly tab: SettingsTab }) {
  return (
    <Page title="Settings">
      <Tabs label="Parts of the settings" tabs={TABS} current={tab} />
      {tab === "sources" && <Sources />}
      {tab === "keys" && <Keys />}
      {tab === "look" && <Look />}
    </Page>
  );
}
