// What stands in the address of the exports' page.
import { textOf, wholeOf } from "@/lib/url";

/** The search parameters of the page. */
export interface ExportSearch {
  /** The export that is open; `new`: the dialog that makes one. */
  readonly open?: number | "new" | undefined;
  /** The segment whose members are chosen at first. */
  readonly segment?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readExportSearch(search: Record<string, unknown>): ExportSearch {
  return {
    open: search.open === "new" ? "new" : wholeOf(search, "open"),
    segment: textOf(search, "segment"),
  };
}
