// A listing as a whole: its pages, read one after the other up to a bound.
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Problem } from "@/lib/problem";

/** Of 200 rows each: more than a workspace may have live segments or traits. */
const MOST_PAGES = 10;

/** How much of a listing is there. */
export interface Whole {
  /** Every page has been read. */
  readonly isWhole: boolean;
  /** The bound was reached, and there is more. */
  readonly isCut: boolean;
}

/** What tells how much of a listing is there. */
export type Read = Pick<
  UseInfiniteQueryResult<InfiniteData<unknown>, Problem>,
  "data" | "isPlaceholderData" | "hasNextPage" | "isFetching" | "isError"
>;

/** How much of a listing is there, and whether the next page is to be read now. */
export function wholeOf(
  { data, isPlaceholderData, hasNextPage, isFetching, isError }: Read,
  mostPages: number,
): Whole & { readonly goesOn: boolean } {
  const pages = data === undefined || isPlaceholderData ? 0 : data.pages.length;
  return {
    isWhole: pages > 0 && !hasNextPage,
    isCut: pages >= mostPages && hasNextPage,
    goesOn: pages > 0 && pages < mostPages && hasNextPage && !isFetching && !isError,
  };
}

/** Read the next page, unless the listing is being read: that is not begun anew. */
export function readOn(asked: {
  fetchNextPage(options: { readonly cancelRefetch: boolean }): Promise<unknown>;
}): void {
  void asked.fetchNextPage({ cancelRefetch: false });
}

/** Read on until a listing ends, at most so many pages. */
export function useWhole<Page>(
  asked: UseInfiniteQueryResult<InfiniteData<Page>, Problem>,
  mostPages = MOST_PAGES,
): Whole {
  const { goesOn, isWhole, isCut } = wholeOf(asked, mostPages);
  const { fetchNextPage, dataUpdatedAt } = asked;
  // A reading that somebody else had begun may bring no page more: then it is read on once more.
  useEffect(() => {
    if (goesOn) readOn({ fetchNextPage });
  }, [goesOn, fetchNextPage, dataUpdatedAt]);
  return { isWhole, isCut };
}
