// Which decisions the address asks for; the strip and the list ask alike.
import type { Schemas } from "@/api/schemas";
import { instantsOf, rangeOf, type Range } from "@/lib/range";
import type { PushSearch } from "./address";

/** The filters of a query for decisions. */
export interface AskedDecisions {
  readonly since: string;
  readonly until?: string;
  readonly verdict?: Schemas["DecisionView"]["verdict"];
  readonly code?: Schemas["Code"];
  readonly audience?: number;
}

/** The range that the page shows; a week where the address names none. */
export function shownRange(search: PushSearch): Range {
  return rangeOf({ ...search }, "7d");
}

/** The query's filters at an instant. A span up to now has no end: what comes belongs to it. */
export function askedOf(search: PushSearch, now: number): AskedDecisions {
  const { verdict, code, audience } = search;
  const range = shownRange(search);
  const { since, until } = instantsOf(range, now);
  return {
    since,
    ...(range.kind === "own" && { until }),
    ...(verdict !== undefined && { verdict }),
    ...(code !== undefined && { code: code as Schemas["Code"] }),
    ...(audience !== undefined && { audience: Number(audience) }),
  };
}
