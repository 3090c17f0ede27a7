// What stands in the address of the privacy page; an identifier never does.
import { textOf } from "@/lib/url";

/** The search parameters of the page. */
export interface PrivacySearch {
  readonly kind?: string | undefined;
  readonly status?: string | undefined;
  readonly overdue?: string | undefined;
  /** Id of the person whose erasure is prepared. */
  readonly person?: string | undefined;
  /** Words that the shown places of the data map have. */
  readonly place?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readPrivacySearch(search: Record<string, unknown>): PrivacySearch {
  return {
    kind: textOf(search, "kind"),
    status: textOf(search, "status"),
    overdue: textOf(search, "overdue"),
    person: textOf(search, "person"),
    place: textOf(search, "place"),
  };
}
