// The rows of the list: pages going back, and what arrives meanwhile.
import { useCallback, useState } from "react";
import { readEvents, useEvents, useNewestEvents } from "@/api/cdp";
import { useFollowed } from "@/api/follow";
import { useLiveMessages } from "@/api/live";
import type { Schemas } from "@/api/schemas";
import { asProblem, type Problem } from "@/lib/problem";
import { EMPTY, filled, received, shown } from "./feed";
import { toldWith } from "./told";

type Query = NonNullable<NonNullable<Parameters<typeof useEvents>[0]>["params"]>["query"];

const PAGE = 50;
/** Of a gap, as many are read at once as a page may hold. */
const GAP_PAGE = 200;

/** The list of a query. While it is held, what is new waits. */
export function useFeed(query: NonNullable<Query>, isHeld: boolean, isLive: boolean) {
  const older = useEvents({ params: { query: { ...query, limit: PAGE } } });
  const newest = useNewestEvents(
    { params: { query: { ...query, limit: PAGE } } },
    { enabled: isLive },
  );
  useFollowed("events", isLive ? newest.refetch : nothing);
  const told = useTold(query);
  const [feed, setFeed] = useState(EMPTY);
  const [seenPages, setSeenPages] = useState<unknown>();
  const [seenNewest, setSeenNewest] = useState<unknown>();
  const [failed, setFailed] = useState<{ event: string; problem: Problem } | null>(null);
  // What was read is taken in while it is drawn, once: React's way of keeping what came before.
  if (older.data !== undefined && !older.isPlaceholderData && older.data !== seenPages) {
    setSeenPages(older.data);
    const events = older.data.pages.flatMap(({ items }) => items);
    setFeed((earlier) => received(earlier, events, isHeld));
  } else if (newest.data !== undefined && !newest.isPlaceholderData && newest.data !== seenNewest) {
    const { items, next } = newest.data;
    setSeenNewest(newest.data);
    told.begin();
    setFeed((earlier) => received(earlier, items, isHeld, next, told.count));
  }
  /** Read what is left out below an event. */
  const fill = async (event: string) => {
    const gap = feed.gaps.get(event);
    if (gap === undefined) return;
    try {
      const { items, next } = await readEvents({
        params: { query: { ...query, limit: GAP_PAGE, cursor: gap.cursor } },
      });
      setFailed(null);
      setFeed((earlier) => filled(earlier, event, items, next));
    } catch (error) {
      setFailed({ event, problem: asProblem(error) });
    }
  };
  return { feed, newest, older, failed, fill, show: () => setFeed(shown) };
}

/** How many events of a query the live feed told of since the last reading; null: not known. */
function useTold(query: NonNullable<Query>) {
  const { type, name, source } = query;
  const [count, setCount] = useState<number | null>(null);
  const hear = useCallback(
    (message: unknown) =>
      setCount((earlier) =>
        toldWith(earlier, message as Schemas["LiveEvents"] | null, { type, name, source }),
      ),
    [type, name, source],
  );
  useLiveMessages("events", hear);
  return { count, begin: () => setCount(0) };
}

async function nothing(): Promise<void> {}
