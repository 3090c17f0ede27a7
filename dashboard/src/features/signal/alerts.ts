// The newest alerts, asked for once by all parts of a signal's page.
import { useAlerts } from "@/api/cdp";

/** How many alerts are looked at, the newest. */
export const LOOKED_AT = 50;

/** The newest alerts. */
export function useNewestAlerts() {
  return useAlerts({ params: { query: { limit: LOOKED_AT } } });
}
