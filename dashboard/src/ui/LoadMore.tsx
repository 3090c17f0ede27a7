// The end of a listing: a button that loads the next page, or that there is none.
import { Button } from "./Button";
import type { Listing } from "./useHeld";

/** What an infinite query says of its further pages. */
export interface More extends Listing {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  fetchNextPage(): Promise<unknown>;
}

/** "Load more", or "End of list". */
export function LoadMore({ more }: { readonly more: More }) {
  return (
    <p className="mt-2 text-table text-quiet">
      {more.hasNextPage ? (
        <Button isBusy={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()}>
          {more.isFetchingNextPage ? "Loading…" : "Load more"}
        </Button>
      ) : (
        "End of list"
      )}
    </p>
  );
}
