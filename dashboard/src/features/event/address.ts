// What stands in the address of the events page.
import { oneOf, textOf, wholeOf } from "@/lib/url";

/** What the volume can be told apart by. */
export const APART = { name: "name", source: "source", type: "type" } as const;
/** Types of events. */
export const TYPES = [
  "track",
  "identify",
  "page",
  "screen",
  "group",
  "alias",
  "unmerge",
  "consent",
  "restriction",
] as const;

/** The search parameters of the page. */
export interface EventSearch {
  readonly range?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** A source's id; 0 for operators' commands. */
  readonly source?: number | undefined;
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly by?: keyof typeof APART | undefined;
  /** The event that is open, and when it was received. */
  readonly event?: string | undefined;
  readonly at?: string | undefined;
  /** The anomaly whose picture is open. */
  readonly anomaly?: number | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readEventSearch(search: Record<string, unknown>): EventSearch {
  const at = textOf(search, "at");
  return {
    range: textOf(search, "range"),
    since: textOf(search, "since"),
    until: textOf(search, "until"),
    source: wholeOf(search, "source"),
    type: oneOf(search, "type", TYPES),
    name: textOf(search, "name"),
    by: oneOf(search, "by", ["name", "source", "type"]),
    event: textOf(search, "event"),
    at: at === undefined || Number.isNaN(Date.parse(at)) ? undefined : at,
    anomaly: wholeOf(search, "anomaly"),
  };
}
