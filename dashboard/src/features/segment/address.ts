// What stands in the addresses of the segment pages.
import { oneOf, textOf, wholeOf } from "@/lib/url";

const STATUSES = ["draft", "live", "paused"] as const;
const TABS = ["rule", "members", "movement", "changes", "versions", "audiences"] as const;
const VIEWS = ["blocks", "words", "json"] as const;

export type TabName = (typeof TABS)[number];

/** The search parameters of these pages. */
export interface SegmentSearch {
  readonly search?: string | undefined;
  readonly status?: (typeof STATUSES)[number] | undefined;
  readonly tab?: TabName | undefined;
  readonly range?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Version that is shown. */
  readonly version?: number | undefined;
  /** Version that it is compared with. */
  readonly against?: number | undefined;
  /** Title of the recipe that a new segment starts from. */
  readonly recipe?: string | undefined;
  /** A rule as JSON that a new segment starts from. */
  readonly rule?: string | undefined;
  readonly view?: (typeof VIEWS)[number] | undefined;
  readonly open?: "publish" | undefined;
  /** Whose reasons are shown. */
  readonly person?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readSegmentSearch(search: Record<string, unknown>): SegmentSearch {
  return {
    search: textOf(search, "search"),
    status: oneOf(search, "status", STATUSES),
    tab: oneOf(search, "tab", TABS),
    range: textOf(search, "range"),
    since: textOf(search, "since"),
    until: textOf(search, "until"),
    version: wholeOf(search, "version"),
    against: wholeOf(search, "against"),
    recipe: textOf(search, "recipe"),
    rule: textOf(search, "rule"),
    view: oneOf(search, "view", VIEWS),
    open: oneOf(search, "open", ["publish"]),
    person: textOf(search, "person"),
  };
}
