// What a line chart draws, from its series: runs, blanks, extent, instants, values. Pure.
import { type KnownPoint, blanks, known, runs } from "@/chart/gaps";
import { instantsOf, valuesOf } from "@/chart/points";
import { extentOf } from "@/chart/scale";
import type { ExpectedPoint, Point, Series } from "@/chart/types";

interface LinesInput {
  readonly series: readonly Series[];
  readonly expected: readonly ExpectedPoint[];
  readonly shows: readonly number[];
  readonly step: number;
  readonly since: number;
  readonly until: number;
}

export interface Lines {
  readonly inside: readonly Series[];
  readonly expected: readonly ExpectedPoint[];
  readonly extent: [number, number] | null;
  readonly lines: readonly (readonly (readonly KnownPoint[])[])[];
  /** Spans in which no series knows anything; a forecast's future is none. */
  readonly nowhere: readonly (readonly [number, number])[];
  readonly instants: readonly number[];
  readonly values: readonly ReadonlyMap<number, number | null>[];
}

/** Instants at which at least one series knows a value. */
function anywhere(series: readonly Series[]): Point[] {
  const found = new Map<number, number>();
  for (const { at, value } of series.flatMap((one) => one.points)) {
    if (known(value) !== null) {
      found.set(at, 1);
    }
  }
  return [...found].map(([at, value]) => ({ at, value }));
}

export function linesOf(input: LinesInput): Lines {
  const { step, since, until } = input;
  const isInside = ({ at }: { readonly at: number }): boolean => at >= since && at <= until;
  const inside = input.series.map((one) => ({ ...one, points: one.points.filter(isInside) }));
  const expected = input.expected.filter(isInside);
  const said = inside.filter((one) => !one.isForecast);
  const coming = instantsOf(
    inside.filter((one) => one.isForecast),
    since,
    until,
  );
  const end = coming[0] ?? until;
  return {
    inside,
    expected,
    extent: extentOf([
      ...inside.flatMap((one) => one.points.map((point) => point.value)),
      ...expected.flatMap((point) => [point.low, point.high]),
      ...input.shows,
    ]),
    lines: inside.map((one) => runs(one.points, step)),
    nowhere: blanks(runs(anywhere(said), step), step, since, Math.max(since, end)),
    instants: instantsOf(inside, since, until),
    values: inside.map((one) => valuesOf(one.points)),
  };
}
