// All of a short listing, for choices and names: every page of it, up to a bound.
import type { InfiniteData } from "@tanstack/react-query";
import type { Paged } from "./hooks";
import { useWhole, type Whole } from "./whole";

/** The rows that are there, and whether they are all. */
export interface Every<Row> extends Whole {
  readonly rows: readonly Row[];
}

/** Read every page; what has no end says that it is cut. */
export function useEvery<Row>(asked: Paged<{ readonly items: readonly Row[] }>): Every<Row> {
  const data: InfiniteData<{ readonly items: readonly Row[] }> | undefined = asked.data;
  const whole = useWhole(asked);
  return { ...whole, rows: data?.pages.flatMap(({ items }) => items) ?? [] };
}
