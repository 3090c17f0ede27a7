// Points of a metric, each with the range that was expected of it, as a chart takes them.
import type { ExpectedPoint, Series } from "@/chart/types";
import { plural } from "@/lib/number";

/** A point as the API gives it; `low` and `high` are null where the range is not kept. */
export interface Measured {
  readonly at: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** The line and the band of some points. */
export function pointsOf(
  name: string,
  points: readonly Measured[],
): { readonly series: readonly Series[]; readonly expected: readonly ExpectedPoint[] } {
  return {
    series: [{ name, points: points.map(({ at, value }) => ({ at: Date.parse(at), value })) }],
    expected: points.map(({ at, low, high }) => ({ at: Date.parse(at), low, high })),
  };
}

/** Of how many points the expected range is kept, in words. */
export function keptText(points: readonly Measured[]): string {
  const ranged = points.filter(({ low, high }) => low !== null && high !== null);
  if (ranged.length === 0) return "What was expected of this range is not kept.";
  return `What was expected is kept of ${plural(ranged.length, "point", "points")} of ${points.length}.`;
}
