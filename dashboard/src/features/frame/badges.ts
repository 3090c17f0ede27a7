// The numbers beside pages of the sidebar: what waits for somebody.
import { useAlerts, useProfileStatistics } from "@/api/cdp";
import { useWaiting } from "./waiting";

/** A number, and what it counts. */
export interface Counted {
  readonly count: number;
  /** False where there are at least, or about, so many. */
  readonly isExact?: boolean;
  readonly meaning: string;
}

/** Numbers by the page they stand beside. */
export function useBadges(): Readonly<Record<string, Counted | undefined>> {
  const alerts = useAlerts({ params: { query: { lasting: true, limit: 200 } } });
  const letters = useProfileStatistics().data?.dead_letters_open;
  const waiting = useWaiting();
  return {
    "/trust/alerts": { count: alerts.data?.items.length ?? 0, meaning: "alerts that last" },
    "/cdp/audience-sync": waiting && {
      count: waiting.held + waiting.blocked,
      isExact: waiting.exact,
      meaning: "audiences held or blocked",
    },
    "/operate/dead-letters": letters && {
      count: letters.value,
      isExact: letters.exact,
      meaning: "dead letters that are open",
    },
  };
}
