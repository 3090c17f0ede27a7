// Where something is known and where not: runs of points, the blanks between them, state spans.
import type { Point, State, StateSpan } from "@/chart/types";

/** Neighbours further apart than this many steps have a gap between them. */
const REACH = 1.5;

/** The step of points that hang together as long as they are no further apart than this. */
export const stepReaching = (apart: number): number => apart / REACH;

/** In order of time, one point per instant (the last said), without instants that are none. */
export function ordered<T extends { readonly at: number }>(points: readonly T[]): T[] {
  const byInstant = new Map<number, T>();
  for (const point of points) {
    if (Number.isFinite(point.at)) {
      byInstant.set(point.at, point);
    }
  }
  return [...byInstant.values()].toSorted((a, b) => a.at - b.at);
}

/** A known value, or null. */
export function known(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

export interface KnownPoint {
  readonly at: number;
  readonly value: number;
}

/** Points that hang together: no unknown value and no missing step between two of a run. */
export function runs(points: readonly Point[], step: number): KnownPoint[][] {
  const found: KnownPoint[][] = [];
  let open: KnownPoint[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { at, value: said } of ordered(points)) {
    const value = known(said);
    if (value === null || (step > 0 && at - last > step * REACH)) {
      open = [];
    }
    if (value !== null) {
      if (open.length === 0) {
        found.push(open);
      }
      open.push({ at, value });
      last = at;
    }
  }
  return found;
}

/** The spans of a range in which nothing is known. */
export function blanks(
  lines: readonly (readonly KnownPoint[])[],
  step: number,
  since: number,
  until: number,
): [number, number][] {
  const found: [number, number][] = [];
  const add = (from: number, to: number): void => {
    const [start, end] = [Math.max(from, since), Math.min(to, until)];
    if (end > start) {
      found.push([start, end]);
    }
  };
  let last = since;
  let isFirst = true;
  for (const run of lines) {
    const [head, tail] = [run[0], run.at(-1)];
    if (head && tail) {
      if (!isFirst || head.at - last > step * REACH) {
        add(last, head.at);
      }
      last = tail.at;
      isFirst = false;
    }
  }
  if (isFirst || until - last > step * REACH) {
    add(last, until);
  }
  return found;
}

export interface StatePoint {
  readonly at: number;
  readonly state: State;
}

/**
 * A reading's state holds until the next reading, but no longer than a step and a half: after
 * that the state is unknown. The whole range is covered.
 */
export function stateSpans(
  points: readonly StatePoint[],
  step: number,
  since: number,
  until: number,
): StateSpan[] {
  const spans: StateSpan[] = [];
  const add = (from: number, to: number, state: State): void => {
    const [start, end] = [Math.max(from, since), Math.min(to, until)];
    const last = spans.at(-1);
    if (end <= start) {
      return;
    }
    if (last && last.state === state && last.until === start) {
      spans[spans.length - 1] = { since: last.since, until: end, state };
    } else {
      spans.push({ since: start, until: end, state });
    }
  };
  let last = since;
  const sorted = ordered(points);
  for (const [index, point] of sorted.entries()) {
    add(last, point.at, "unknown");
    const next = sorted[index + 1]?.at ?? until;
    last = Math.min(next, point.at + step * REACH);
    add(point.at, last, point.state);
  }
  add(Math.max(last, since), until, "unknown");
  return spans;
}
