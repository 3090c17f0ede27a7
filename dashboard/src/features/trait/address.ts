// What stands in the address of the page of computed traits.
import { textOf } from "@/lib/url";

/** The search parameters of this page. */
export interface TraitSearch {
  /** The trait whose sheet is open: its id, or `new`. */
  readonly open?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readTraitSearch(search: Record<string, unknown>): TraitSearch {
  const open = textOf(search, "open");
  return { open: open === "new" || /^\d{1,10}$/.test(open ?? "") ? open : undefined };
}
