// What stands in the addresses of the alert pages.
import { textOf } from "@/lib/url";

/** The search parameters of these pages. */
export interface AlertSearch {
  readonly lasting?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readAlertSearch(search: Record<string, unknown>): AlertSearch {
  return {
    lasting: textOf(search, "lasting"),
  };
}
