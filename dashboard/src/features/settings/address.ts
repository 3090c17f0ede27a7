// What stands in the address of the settings page.
import { oneOf } from "@/lib/url";

export const TABS = { sources: "Sources", keys: "API keys", look: "Look" } as const;
/** A tab of the settings. */
export type SettingsTab = keyof typeof TABS;

/** The search parameters of this page. */
export interface SettingsSearch {
  readonly tab?: SettingsTab | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readSettingsSearch(search: Record<string, unknown>): SettingsSearch {
  return {
    tab: oneOf(search, "tab", Object.keys(TABS) as SettingsTab[]),
  };
}
