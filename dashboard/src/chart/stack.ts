// Stacked bars: positive values upwards, negative ones downwards, unknown ones nowhere.
import { stack, stackOffsetDiverging } from "d3-shape";
import { known, ordered } from "@/chart/gaps";

/** One bar: a value per series name. `values` is null where the whole step is unknown. */
export interface Bar {
  readonly at: number;
  readonly values: Readonly<Record<string, number | null>> | null;
}

export interface Piece {
  readonly at: number;
  readonly index: number;
  readonly low: number;
  readonly high: number;
}

export interface Stacked {
  readonly pieces: readonly Piece[];
  readonly extent: [number, number];
}

/** Own keys only: a series may be called "constructor". */
export function valueIn(bar: Bar, name: string): number | null {
  return bar.values && Object.hasOwn(bar.values, name) ? known(bar.values[name]) : null;
}

export function stacked(bars: readonly Bar[], names: readonly string[]): Stacked {
  const isKnown = (bar: Bar): boolean => names.some((name) => valueIn(bar, name) !== null);
  const shown = bars.filter(isKnown);
  const layers = stack<unknown, Bar, string>()
    .keys(names)
    .value((bar, name) => valueIn(bar, name) ?? 0)
    .offset(stackOffsetDiverging)(shown);
  const pieces: Piece[] = [];
  let [least, most] = [0, 0];
  for (const layer of layers) {
    for (const [place, bar] of shown.entries()) {
      const ends = layer[place];
      if (ends && valueIn(bar, layer.key) !== null && ends[1] !== ends[0]) {
        const [low, high] = [Math.min(ends[0], ends[1]), Math.max(ends[0], ends[1])];
        pieces.push({ at: bar.at, index: layer.index, low, high });
        least = Math.min(least, low);
        most = Math.max(most, high);
      }
    }
  }
  return { pieces, extent: [least, most] };
}

/** A day may have 25 hours and a month 31 days: bars so much longer than a step still touch. */
const STRETCH = 1.1;

/** Where each bar ends: at the next one, or after a step where the next is further away. */
export function barEnds(bars: readonly Bar[], step: number): Map<number, number> {
  const sorted = ordered(bars);
  return new Map(
    sorted.map(({ at }, place) => {
      const next = sorted[place + 1]?.at ?? Number.POSITIVE_INFINITY;
      return [at, next <= at + step * STRETCH ? next : at + step];
    }),
  );
}

/** The spans of a range that no known bar covers. */
export function uncovered(
  bars: readonly Bar[],
  names: readonly string[],
  step: number,
  since: number,
  until: number,
): [number, number][] {
  const found: [number, number][] = [];
  const ends = barEnds(bars, step);
  let last = since;
  const add = (to: number): void => {
    const end = Math.min(to, until);
    if (end > last) {
      found.push([last, end]);
    }
  };
  for (const bar of ordered(bars)) {
    if (names.some((name) => valueIn(bar, name) !== null)) {
      add(bar.at);
      last = Math.max(last, ends.get(bar.at) ?? bar.at);
    }
  }
  add(until);
  return found;
}
