// Scales and ticks: time by the workspace's clocks and days, numbers by round steps.
import { type ScaleLinear, scaleLinear } from "d3-scale";
import { DAY, dayNumber, offsetAt, startOfDay, wallAt } from "@/chart/zone";

export type Scale = ScaleLinear<number, number>;

export interface Tick {
  readonly at: number;
  readonly label: string;
  /** Begins a day (in steps below a day), a year (in steps above). */
  readonly isMajor: boolean;
}

type Unit = "second" | "minute" | "hour" | "day" | "week" | "month";

interface Step {
  readonly unit: Unit;
  readonly count: number;
  readonly ms: number;
}

const UNIT_MS: Record<Unit, number> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY,
  week: 7 * DAY,
  month: 30.44 * DAY,
};
const SIZES: readonly (readonly [Unit, readonly number[]])[] = [
  ["second", [1, 5, 15, 30]],
  ["minute", [1, 5, 15, 30]],
  ["hour", [1, 3, 6, 12]],
  ["day", [1, 2]],
  ["week", [1, 2]],
  ["month", [1, 3, 6, 12, 24, 60, 120, 600, 1200]],
];
const STEPS: readonly Step[] = SIZES.flatMap(([unit, counts]) =>
  counts.map((count) => ({ unit, count, ms: count * UNIT_MS[unit] })),
);
const QUARTER = 15 * UNIT_MS.minute;

/** The finest step that needs at most `most` ticks; null where even the longest needs more. */
function stepFor(span: number, most: number): Step | null {
  return STEPS.find((step) => span / step.ms <= most) ?? null;
}

function withinDays(since: number, until: number, zone: string, ms: number): number[] {
  const grid = Math.min(ms, QUARTER);
  const ticks: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  let before: number | null = null;
  for (let at = Math.ceil(since / grid) * grid; at <= until; at += grid) {
    const wall = at + offsetAt(at, zone);
    const day = Math.floor(wall / DAY);
    // A day whose midnight is skipped begins between the steps.
    const isTick = wall % ms === 0 || (before !== null && day > before && wall % DAY !== 0);
    if (isTick && at - last >= ms * 0.6) {
      ticks.push(at);
      last = at;
    }
    before = day;
  }
  return ticks;
}

function overDays(since: number, until: number, zone: string, days: number): number[] {
  const ticks: number[] = [];
  // Day 4 was a Monday (1970-01-05): weeks begin there.
  const first = Math.ceil((dayNumber(since, zone) - 4) / days) * days + 4;
  for (let day = first; day * DAY <= until + 2 * DAY; day += days) {
    const at = startOfDay(day, zone);
    if (at >= since && at <= until && at !== ticks.at(-1)) {
      ticks.push(at);
    }
  }
  return ticks;
}

function overMonths(since: number, until: number, zone: string, months: number): number[] {
  const ticks: number[] = [];
  const wall = wallAt(since, zone);
  const first = Math.ceil((wall.year * 12 + wall.month - 1) / months) * months;
  for (let month = first; ; month += months) {
    const day = Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY;
    if (!(day * DAY <= until + 2 * DAY)) {
      return ticks;
    }
    const at = startOfDay(day, zone);
    if (at >= since && at <= until) {
      ticks.push(at);
    }
  }
}

function labels(step: Step, zone: string, locale?: string): (at: number, major: boolean) => string {
  const of = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
  const date = of({ day: "numeric", month: "short" });
  if (step.ms >= DAY) {
    const shown = step.unit === "month" ? of({ month: "short", year: "numeric" }) : date;
    return (at) => shown.format(at);
  }
  const clock = of({
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(step.unit === "second" ? { second: "2-digit" } : {}),
  });
  return (at, major) => (major ? date : clock).format(at);
}

/** At most `most` + 1 ticks from `since` to `until`, at round times of the zone's clocks. */
export function timeTicks(
  since: number,
  until: number,
  zone: string,
  most: number,
  locale?: string,
): Tick[] {
  const step = until > since ? stepFor(until - since, Math.max(1, most)) : null;
  if (!step) {
    return [];
  }
  const isSmall = step.ms < DAY;
  let found: number[];
  if (isSmall) {
    found = withinDays(since, until, zone, step.ms);
  } else if (step.unit === "month") {
    found = overMonths(since, until, zone, step.count);
  } else {
    found = overDays(since, until, zone, step.ms / DAY);
  }
  const text = labels(step, zone, locale);
  return found.map((at) => {
    const day = dayNumber(at, zone);
    const isMajor = isSmall ? dayNumber(at - 1, zone) < day : wallAt(at, zone).month === 1;
    return { at, label: text(at, isMajor && isSmall), isMajor };
  });
}

/** From instants to pixels. */
export function timeScale(since: number, until: number, left: number, right: number): Scale {
  return scaleLinear()
    .domain([since, until > since ? until : since + 1])
    .range([left, Math.max(left, right)]);
}

/** The extent of what is known; null where nothing is. */
export function extentOf(values: Iterable<number | null>): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value !== null && Number.isFinite(value)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : null;
}

/** From values to pixels, over a rounded domain; a single value gets room on both sides. */
export function valueScale(
  extent: readonly [number, number] | null,
  top: number,
  bottom: number,
): Scale {
  let [low, high] = extent ?? [0, 1];
  if (low === high) {
    const room = Math.abs(low) / 10 || 1;
    [low, high] = [low === 0 ? 0 : low - room, high + room];
  }
  return scaleLinear().domain([low, high]).nice(5).range([bottom, top]);
}

/** Round values of a scale, about `count`; whole ones only, if asked. */
export function valueTicks(scale: Scale, count: number, isWhole = false): number[] {
  const ticks = scale.ticks(Math.max(2, count));
  return isWhole ? ticks.filter((tick) => Number.isInteger(tick)) : ticks;
}
