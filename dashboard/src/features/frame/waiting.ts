// The audiences that wait at the gate, for the top bar and the sidebar.
import { useAudienceVerdicts } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";

/** As the API counts them; undefined while it is not known. */
export function useWaiting(): Schemas["AudienceVerdicts"] | undefined {
  return useAudienceVerdicts().data;
}
