// Finding points by instant: the nearest one, the next one, the value at one.
import { known, ordered } from "@/chart/gaps";
import type { Point } from "@/chart/types";

/** The instants of all series, in order, each once, inside a range. */
export function instantsOf(
  series: readonly { readonly points: readonly { readonly at: number }[] }[],
  since: number,
  until: number,
): number[] {
  const all = new Set<number>();
  for (const { points } of series) {
    for (const { at } of points) {
      if (at >= since && at <= until) {
        all.add(at);
      }
    }
  }
  return [...all].toSorted((a, b) => a - b);
}

/** Index of the first instant at or after `at`; the length where there is none. */
export function lowerBound(instants: readonly number[], at: number): number {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((instants[middle] ?? 0) < at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Index of the nearest instant, the earlier of two; -1 where there are none. */
export function nearest(instants: readonly number[], at: number): number {
  const after = lowerBound(instants, at);
  const [left, right] = [instants[after - 1], instants[after]];
  if (right === undefined) {
    return instants.length - 1;
  }
  return left === undefined || right - at < at - left ? after : after - 1;
}

/** A series' value by instant: null where it is said to be unknown, undefined where unsaid. */
export function valuesOf(points: readonly Point[]): ReadonlyMap<number, number | null> {
  return new Map(ordered(points).map((point) => [point.at, known(point.value)]));
}
