// What stands in the addresses of the signal pages.
import { textOf } from "@/lib/url";

/** The search parameters of these pages. */
export interface SignalSearch {
  readonly range?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly metric?: string | undefined;
  readonly reading?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readSignalSearch(search: Record<string, unknown>): SignalSearch {
  return {
    range: textOf(search, "range"),
    since: textOf(search, "since"),
    until: textOf(search, "until"),
    metric: textOf(search, "metric"),
    reading: textOf(search, "reading"),
  };
}
