// News of listings: each is read as often as it must be, and no oftener, however slow it is.
import {
  InfiniteQueryObserver,
  type InfiniteData,
  type InfiniteQueryObserverResult,
  type QueryClient,
} from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Problem } from "@/lib/problem";

const AUDIENCES = "/cdp/audience-sync/audiences";
const DECISIONS = "/cdp/decisions";

interface Page {
  readonly items: readonly { readonly id: number }[];
  readonly next: string | null;
}

/** A listing that answers after a while: pages by cursor, and how often each was asked for. */
class Listing {
  asked: (string | null)[] = [];
  constructor(
    readonly path: string,
    public rows: number[],
    readonly limit: number,
    readonly takesMs: number,
  ) {}

  async page(cursor: string | null): Promise<Page> {
    this.asked.push(cursor);
    const from = cursor === null ? 0 : this.rows.indexOf(Number(cursor)) + 1;
    const items = this.rows.slice(from, from + this.limit).map((id) => ({ id }));
    await new Promise((resolve) => {
      setTimeout(resolve, this.takesMs);
    });
    const isLast = from + this.limit >= this.rows.length;
    return { items, next: isLast ? null : String(items.at(-1)?.id) };
  }
}

async function loaded() {
  vi.stubGlobal("location", { origin: "http://page" });
  const { client } = await import("./client");
  const [{ renew }, { createQueries }, { readOn, wholeOf }] = await Promise.all([
    import("./news"),
    import("./queries"),
    import("./whole"),
  ]);
  return { client, renew, queries: createQueries(), readOn, wholeOf };
}

function observed(queries: QueryClient, listing: Listing) {
  return new InfiniteQueryObserver<
    Page,
    Problem,
    InfiniteData<Page>,
    readonly unknown[],
    string | null
  >(queries, {
    queryKey: ["get", listing.path, {}, "pages"],
    queryFn: async ({ pageParam }) => listing.page(pageParam),
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
  });
}
type Result = InfiniteQueryObserverResult<InfiniteData<Page>, Problem>;

const down = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, place) => from - place);
const idsOf = ({ data }: Result) =>
  data?.pages.flatMap(({ items }) => items.map(({ id }) => id)) ?? [];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a slow listing is read to its end, though news come while each page is read", async () => {
  const { queries, renew, readOn, wholeOf } = await loaded();
  const listing = new Listing(AUDIENCES, down(50, 1), 10, 1_500);
  const observer = observed(queries, listing);
  // As two parts of a page that show the same list.
  const follow = (result: Result) => {
    if (wholeOf(result, 10).goesOn) readOn(observer);
  };
  const ends = [observer.subscribe(follow), observer.subscribe(follow)];
  const news = setInterval(() => renew(queries, [AUDIENCES]), 300);
  await vi.advanceTimersByTimeAsync(30_000);
  clearInterval(news);
  expect(idsOf(observer.getCurrentResult())).toEqual(down(50, 1));
  // One request at a time, and no page begun anew.
  expect(listing.asked.length).toBeLessThanOrEqual(20);
  await vi.advanceTimersByTimeAsync(60_000);
  const before = listing.asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(listing.asked.length).toBe(before);
  for (const end of ends) end();
});

test("news of a listing in the order of creation read all that is shown, at a bounded cost", async () => {
  const { queries, renew, readOn } = await loaded();
  const listing = new Listing(AUDIENCES, down(30, 1), 10, 10);
  const observer = observed(queries, listing);
  const end = observer.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(100);
  for (let page = 1; page < 3; page += 1) {
    readOn(observer);
    await vi.advanceTimersByTimeAsync(100);
  }
  listing.rows = listing.rows.filter((id) => id !== 15); // a row of the second page is gone
  listing.asked = [];
  const news = setInterval(() => renew(queries, [AUDIENCES]), 100);
  await vi.advanceTimersByTimeAsync(9_050);
  clearInterval(news);
  expect(idsOf(observer.getCurrentResult())).toEqual(down(30, 1).filter((id) => id !== 15));
  expect(listing.asked.length).toBeGreaterThanOrEqual(6);
  expect(listing.asked.length).toBeLessThanOrEqual(9);
  end();
});

test("news that come while an answer is on its way are read after it", async () => {
  const { queries, renew } = await loaded();
  const listing = new Listing(AUDIENCES, [3, 2, 1], 10, 500);
  const observer = observed(queries, listing);
  const end = observer.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(100);
  listing.rows = [4, 3, 2, 1]; // after the listing was looked at, before it is answered
  renew(queries, [AUDIENCES]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(idsOf(observer.getCurrentResult())).toEqual([4, 3, 2, 1]);
  expect(listing.asked).toEqual([null, null]);
  end();
});

test("a head that comes while the next page is read is not lost", async () => {
  const { client, queries, renew, readOn } = await loaded();
  const listing = new Listing(DECISIONS, down(30, 1), 10, 200);
  vi.spyOn(client, "GET").mockImplementation((async () => ({
    data: await listing.page(null),
  })) as never);
  const observer = observed(queries, listing);
  const end = observer.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(300);
  readOn(observer);
  await vi.advanceTimersByTimeAsync(300);
  listing.rows = [31, ...listing.rows];
  renew(queries, [DECISIONS]);
  await vi.advanceTimersByTimeAsync(100);
  readOn(observer); // the third page, while the head is read
  await vi.advanceTimersByTimeAsync(1_000);
  expect(idsOf(observer.getCurrentResult())).toEqual(down(31, 1));
  end();
});
