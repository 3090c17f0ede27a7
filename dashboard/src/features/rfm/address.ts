// What stands in the address of the RFM page.
import { oneOf, textOf } from "@/lib/url";

/** The search parameters of this page. */
export interface RfmSearch {
  /** The picked cell of the grid: recency and frequency, like `5-4`. */
  readonly cell?: string | undefined;
  /** `definition`: its editor is open. */
  readonly open?: "definition" | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readRfmSearch(search: Record<string, unknown>): RfmSearch {
  const cell = textOf(search, "cell");
  return {
    cell: cell !== undefined && /^[1-5]-[1-5]$/.test(cell) ? cell : undefined,
    open: oneOf(search, "open", ["definition"]),
  };
}
