// What stands in the address of the sweeps' page.
import { oneOf, wholeOf } from "@/lib/url";

/** The search parameters of the page. */
export interface SweepSearch {
  readonly status?: "running" | "done" | undefined;
  /** Only sweeps in which this segment changed. */
  readonly segment?: number | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readSweepSearch(search: Record<string, unknown>): SweepSearch {
  return {
    status: oneOf(search, "status", ["running", "done"]),
    segment: wholeOf(search, "segment"),
  };
}
