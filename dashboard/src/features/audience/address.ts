// What stands in the addresses of the audience sync pages.
import { oneOf, textOf } from "@/lib/url";

export const TABS = {
  next: "Next push",
  history: "History",
  match: "Match rate",
  people: "People",
  settings: "Settings",
} as const;
/** A tab of an audience's page. */
export type AudienceTab = keyof typeof TABS;

/** The search parameters of these pages. */
export interface AudienceSearch {
  readonly tab?: AudienceTab | undefined;
  readonly range?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** People tab: who, what decides, and whose membership is explained. */
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  readonly person?: string | undefined;
  /** `new`: the dialog that creates an audience is open. */
  readonly open?: "new" | undefined;
  /** The segment that a new audience follows, from the segment's page. */
  readonly segment?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readAudienceSearch(search: Record<string, unknown>): AudienceSearch {
  return {
    tab: oneOf(search, "tab", Object.keys(TABS) as AudienceTab[]),
    range: textOf(search, "range"),
    since: textOf(search, "since"),
    until: textOf(search, "until"),
    state: textOf(search, "state"),
    reason: textOf(search, "reason"),
    person: textOf(search, "person"),
    open: oneOf(search, "open", ["new"]),
    segment: textOf(search, "segment"),
  };
}
