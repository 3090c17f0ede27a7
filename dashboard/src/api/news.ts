// What the live feed tells: which readings are stale, and what is new at the head of a listing.
import type { InfiniteData, Query, QueryClient } from "@tanstack/react-query";
import { client } from "./client";
import { withHead } from "./head";
import { changesAtHead, readFrom } from "./queries";

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

/** Between two readings of a listing, for each of its pages: one request a second at most. */
const PAGE_MS = 1_000;

/**
 * Read again what news made stale; some paths keep a pace of their own.
 *
 * Of a listing of several pages that changes at its head only, no more than the head is read. Any
 * other listing may have changed anywhere: all of its pages are read again, the more seldom the more
 * there are. What is being read is not begun anew: it is read once more when it is there.
 */
export function renew(
  queries: QueryClient,
  stale: readonly string[],
  except: readonly string[] = [],
): void {
  const predicate = readFrom(stale, except);
  void queries.invalidateQueries({ predicate, refetchType: "none" });
  for (const query of queries.getQueryCache().findAll({ type: "active", predicate }))
    void bring(queries, query);
}

/** Queries that are brought up to date now; whether there were news since their last reading. */
const bringing = new WeakMap<Query, { hasNews: boolean }>();

async function bring(queries: QueryClient, query: Query): Promise<void> {
  const running = bringing.get(query);
  if (running !== undefined) {
    running.hasNews = true;
    return;
  }
  const state = { hasNews: true };
  bringing.set(query, state);
  try {
    while (state.hasNews && query.isActive()) {
      await atRest(query);
      state.hasNews = false;
      if (!(await takeHead(queries, query))) {
        await due(query);
        if (!query.isActive()) return;
        state.hasNews = false;
        await query.fetch();
      }
    }
  } catch {
    // What is shown stays; it is read again when it is due.
  } finally {
    bringing.delete(query);
  }
}

/** Take in the newest page of a listing; false where its pages have to be read. */
async function takeHead(queries: QueryClient, query: Query): Promise<boolean> {
  const [, path, init] = query.queryKey;
  if (pagesOf(query) < 2 || !changesAtHead(String(path))) return false;
  // Where the head does not come, all is read: that is tried again, and says why it fails.
  const { data: head } = await client
    .GET(path as "/cdp/decisions", init as never)
    .catch(() => ({ data: undefined }));
  await atRest(query);
  const known = query.state.data as InfiniteData<Page, unknown> | undefined;
  if (known === undefined || head === undefined) return false;
  const pages = withHead<Page>(known.pages, head);
  if (pages === null) return false;
  queries.setQueryData(query.queryKey, { ...known, pages });
  return true;
}

function pagesOf({ state }: Query): number {
  return (state.data as { pages?: readonly unknown[] } | undefined)?.pages?.length ?? 0;
}

/** Wait while a query is read. */
async function atRest(query: Query): Promise<void> {
  while (query.state.fetchStatus !== "idle") {
    await query.promise?.catch(() => {});
    await pause(0); // whoever waited longer takes what was read first
  }
}

/** Wait until a listing may be read as a whole again. */
async function due(query: Query): Promise<void> {
  for (;;) {
    await atRest(query);
    const pages = pagesOf(query);
    const wait = pages < 2 ? 0 : query.state.dataUpdatedAt + pages * PAGE_MS - Date.now();
    if (wait <= 0) return;
    await pause(wait);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
