// People as rows of a list.
import type { Schemas } from "@/api/schemas";
import type { ProfileSearch } from "./address";
import { SEEN } from "./address";

type Identifier = Schemas["IdentifierView"];
type Summary = Schemas["ProfileSummary"];

const DAY_MS = 86_400_000;
const TELLING = ["email", "user_id", "phone"];

/** The identifier that tells most of who somebody is; undefined where there is none. */
export function whoOf(identifiers: readonly Identifier[]): Identifier | undefined {
  for (const kind of TELLING) {
    const found = identifiers.find((identifier) => identifier.kind === kind);
    if (found !== undefined) return found;
  }
  return identifiers[0];
}

/** A person as a list shows them. */
export function summaryOf(profile: Schemas["Profile"]): Summary {
  return {
    id: profile.id,
    identifiers: profile.identifiers,
    stage: profile.stage,
    first_seen_at: profile.first_seen_at,
    last_seen_at: profile.last_seen_at,
    events: profile.events.total,
    orders: profile.orders,
    revenue: profile.revenue,
    segments: profile.segments,
  };
}

/** The question that an address asks; `now` stays the same while pages are added to it. */
export function queryOf(search: ProfileSearch, now: number) {
  const { search: text, stage, segment, consent, seen, sort } = search;
  return {
    limit: 50,
    ...(text !== undefined && { search: text.trim() }),
    ...(stage !== undefined && { stage }),
    ...(segment !== undefined && { segment }),
    ...(consent !== undefined && { consent }),
    ...(sort !== undefined && { sort }),
    ...(seen !== undefined && { seen_since: new Date(now - SEEN[seen] * DAY_MS).toISOString() }),
  };
}

/** How many filters an address sets, the search aside. */
export function filtersOf({ stage, segment, consent, seen }: ProfileSearch): number {
  return [stage, segment, consent, seen].filter((each) => each !== undefined).length;
}
