// What the last hours brought as points of spark lines: known where the API knows it.
import type { Schemas } from "@/api/schemas";
import type { Point } from "@/chart/types";
import { formatCount } from "@/lib/number";
import { HOUR } from "@/lib/time";

type Hours = Schemas["StatisticsHours"];
type HourView = Schemas["HourView"];

/** The hours that are over; one in which nothing was counted is zero only where all is counted. */
export function pointsOf(hours: Hours, count: (hour: HourView) => number): Point[] {
  const asOf = Date.parse(hours.as_of);
  const complete = hours.complete_until === null ? -Infinity : Date.parse(hours.complete_until);
  return hours.hours.flatMap((hour) => {
    const at = Date.parse(hour.hour_at);
    if (at + HOUR > asOf) return [];
    const value = count(hour);
    return [{ at, value: value === 0 && at + HOUR > complete ? null : value }];
  });
}

/** Revenue of a currency in an hour, in its minor unit. */
export function revenueIn(hour: HourView, currency: string): number {
  return hour.revenue.find((money) => money.currency === currency)?.amount_minor ?? 0;
}

/** The movement in words; `textOf` says a number with its unit. */
export function movementOf(
  name: string,
  points: readonly Point[],
  textOf: (value: number) => string = formatCount,
): string {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length === 0) return `${name} by the hour: not known`;
  const sum = known.reduce((total, value) => total + value, 0);
  const missing = points.length - known.length;
  const gaps = missing === 0 ? "" : `; ${missing} not known`;
  return `${name} by the hour, ${known.length} hours: ${textOf(sum)}, at most ${textOf(Math.max(...known))} in one${gaps}`;
}
