// What stands in the address of the gate page.
import { oneOf } from "@/lib/url";

export const TABS = { now: "Now", thresholds: "Thresholds", try: "Try other thresholds" } as const;

/** The search parameters of the page. */
export interface GateSearch {
  readonly tab?: keyof typeof TABS | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readGateSearch(search: Record<string, unknown>): GateSearch {
  return { tab: oneOf(search, "tab", Object.keys(TABS) as (keyof typeof TABS)[]) };
}
