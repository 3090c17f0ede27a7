// The live list: rows that are shown, rows that wait, and where more came than could be followed.
import type { Schemas } from "@/api/schemas";

type FeedEvent = Schemas["FeedEvent"];

/** Events that came and were not read. */
export interface Gap {
  /** Where the page after the event begins. */
  readonly cursor: string;
  /** About how many they are, as the live feed told; null where it did not. */
  readonly count: number | null;
}

/** What the list holds, newest received first. */
export interface Feed {
  readonly rows: readonly FeedEvent[];
  /** New ones that would move the rows; they wait while the list is held. */
  readonly waiting: readonly FeedEvent[];
  /** Events below which some are left out, by their ids. */
  readonly gaps: ReadonlyMap<string, Gap>;
  /** Whether older rows were let go, because too many came. */
  readonly isTrimmed: boolean;
}

export const EMPTY: Feed = { rows: [], waiting: [], gaps: new Map(), isTrimmed: false };
/** Rows that a list holds on to; the oldest are let go. */
const MOST = 1_000;

/**
 * Take in a page of events.
 *
 * What is older than every row is added below, which moves nothing. What is newer waits while the
 * list is held. A page that leads to a `next` one, and touches nothing that is known, has a gap
 * below it; `told` is how many events the live feed told of since the page before.
 */
export function received(
  feed: Feed,
  page: readonly FeedEvent[],
  isHeld: boolean,
  next: string | null = null,
  told: number | null = null,
): Feed {
  const known = new Set([...feed.rows, ...feed.waiting].map(({ id }) => id));
  const fresh = page.filter(({ id }) => !known.has(id));
  const last = feed.rows.at(-1);
  const below = fresh.filter((event) => last !== undefined && compare(event, last) > 0);
  const above = fresh.filter((event) => last === undefined || compare(event, last) <= 0);
  const oldest = above.toSorted(compare).at(-1);
  const isApart = known.size > 0 && fresh.length === page.length && below.length === 0;
  const gaps = new Map(feed.gaps);
  if (isApart && oldest && next !== null)
    gaps.set(oldest.id, { cursor: next, count: leftOf(told, fresh.length) });
  const taken = { ...feed, gaps, rows: sorted([...feed.rows, ...below]) };
  if (isHeld && feed.rows.length > 0)
    return trimmed({ ...taken, waiting: sorted([...above, ...feed.waiting]) });
  return trimmed({
    ...taken,
    rows: sorted([...above, ...feed.waiting, ...taken.rows]),
    waiting: [],
  });
}

/** Take in the page that was read below an event; the gap closes where it meets what is known. */
export function filled(
  feed: Feed,
  event: string,
  page: readonly FeedEvent[],
  next: string | null,
): Feed {
  const gap = feed.gaps.get(event);
  if (gap === undefined) return feed;
  const known = new Set([...feed.rows, ...feed.waiting].map(({ id }) => id));
  const fresh = page.filter(({ id }) => !known.has(id));
  const gaps = new Map(feed.gaps);
  gaps.delete(event);
  const lowest = fresh.toSorted(compare).at(-1)?.id ?? event;
  if (fresh.length === page.length && next !== null)
    gaps.set(lowest, { cursor: next, count: leftOf(gap.count, fresh.length) });
  return trimmed({ ...feed, gaps, rows: sorted([...feed.rows, ...fresh]) });
}

/** How many are left of those that were told of; null where that is not known. */
function leftOf(told: number | null, taken: number): number | null {
  return told === null || told <= taken ? null : told - taken;
}

/** How many unread events lie above the rows that are shown, as far as that is known. */
export function unreadCount({ waiting, gaps }: Feed): number {
  return waiting.reduce((sum, { id }) => sum + (gaps.get(id)?.count ?? 0), 0);
}

/** Show what waits. */
export function shown(feed: Feed): Feed {
  return trimmed({ ...feed, rows: sorted([...feed.waiting, ...feed.rows]), waiting: [] });
}

function trimmed(feed: Feed): Feed {
  if (feed.rows.length <= MOST && feed.waiting.length <= MOST) return feed;
  return {
    ...feed,
    rows: feed.rows.slice(0, MOST),
    waiting: feed.waiting.slice(0, MOST),
    isTrimmed: true,
  };
}

function sorted(events: readonly FeedEvent[]): FeedEvent[] {
  return events.toSorted(compare);
}

function compare(one: FeedEvent, other: FeedEvent): number {
  const apart = Date.parse(other.received_at) - Date.parse(one.received_at);
  if (apart !== 0) return apart;
  if (one.received_at !== other.received_at) return one.received_at < other.received_at ? 1 : -1;
  return one.id < other.id ? 1 : one.id > other.id ? -1 : 0;
}
