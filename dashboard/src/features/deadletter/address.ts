// What stands in the address of the dead letters' page.
import { oneOf, textOf, wholeOf } from "@/lib/url";

/** What can become of a dead letter. */
export const STATUSES = ["open", "retrying", "resolved"] as const;

/** The search parameters of the page. */
export interface DeadletterSearch {
  readonly reason?: string | undefined;
  readonly source?: string | undefined;
  readonly status?: (typeof STATUSES)[number] | undefined;
  /** The letter that is open. */
  readonly open?: number | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readDeadletterSearch(search: Record<string, unknown>): DeadletterSearch {
  const source = wholeOf(search, "source");
  return {
    reason: textOf(search, "reason"),
    source: source === undefined ? undefined : String(source),
    status: oneOf(search, "status", STATUSES),
    open: wholeOf(search, "open"),
  };
}
