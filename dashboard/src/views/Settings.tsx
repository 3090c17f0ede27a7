// /dashboard/settings
import { getRouteApi } from "@tanstack/react-router";
import { SettingsPage } from "@/features/settings/SettingsPage";

const route = getRouteApi("/frame/settings");

/** Settings, by tab. */
export function Settings() {
  const { tab = "sources" } = route.useSearch();
  return <SettingsPage tab={tab} />;
}
