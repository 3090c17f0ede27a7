// What stands in the addresses of the identity pages.
import { textOf } from "@/lib/url";

/** The search parameters of these pages. */
export interface IdentitySearch {
  readonly layout?: string | undefined;
  readonly at?: string | undefined;
  readonly one?: string | undefined;
  readonly other?: string | undefined;
  readonly link?: string | undefined;
  readonly search?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readIdentitySearch(search: Record<string, unknown>): IdentitySearch {
  return {
    layout: textOf(search, "layout"),
    at: textOf(search, "at"),
    one: textOf(search, "one"),
    other: textOf(search, "other"),
    link: textOf(search, "link"),
    search: textOf(search, "search"),
  };
}
