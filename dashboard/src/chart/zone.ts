// Wall-clock time in a named zone, right over its changes: offsets, dates and where days begin.
const MINUTE = 60_000;
export const DAY = 86_400_000;

export interface Wall {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(zone);
  if (known) {
    return known;
  }
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  FORMATS.set(zone, made);
  return made;
}

/** What clocks in the zone show at an instant. */
export function wallAt(at: number, zone: string): Wall {
  const found = new Map<string, number>();
  for (const part of formatOf(zone).formatToParts(at)) {
    found.set(part.type, Number(part.value));
  }
  const of = (name: string): number => found.get(name) ?? 0;
  return {
    year: of("year"),
    month: of("month"),
    day: of("day"),
    hour: of("hour"),
    minute: of("minute"),
    second: of("second"),
  };
}

/** How far the zone's clocks are ahead of UTC at an instant, in milliseconds. */
export function offsetAt(at: number, zone: string): number {
  const wall = wallAt(at, zone);
  const shown = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
  return shown - Math.floor(at / 1000) * 1000;
}

/** The zone's date at an instant, as days since 1970-01-01. */
export function dayNumber(at: number, zone: string): number {
  return Math.floor((at + offsetAt(at, zone)) / DAY);
}

/** The first instant of a date; where clocks skip midnight, the instant they skip to. */
export function startOfDay(day: number, zone: string): number {
  const midnight = day * DAY;
  const offsets = [offsetAt(midnight - DAY, zone), offsetAt(midnight + DAY, zone)];
  const guesses = offsets.map((offset) => midnight - offset).toSorted((a, b) => a - b);
  for (const guess of guesses) {
    if (guess + offsetAt(guess, zone) === midnight && dayNumber(guess - 1, zone) < day) {
      return guess;
    }
  }
  let before = Math.floor((midnight - 2 * DAY) / MINUTE);
  let after = Math.ceil((midnight + 2 * DAY) / MINUTE);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayNumber(middle * MINUTE, zone) >= day) {
      after = middle;
    } else {
      before = middle;
    }
  }
  return after * MINUTE;
}

/** An instant as a field for date and time takes it, to the minute: "2026-03-01T10:30". */
export function wallText(at: number, zone: string): string {
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, 16);
}

/**
 * The instant at which the zone's clocks show a date and time; null where the text is none.
 *
 * Of a time that comes twice the first one; a time that is skipped is as long after the change as
 * it would have been.
 */
export function instantOfWall(text: string, zone: string): number | null {
  const wall = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  if (Number.isNaN(wall)) {
    return null;
  }
  const earlier = wall - offsetAt(wall - DAY, zone);
  const later = wall - offsetAt(wall + DAY, zone);
  const shown = [earlier, later].filter((at) => at + offsetAt(at, zone) === wall);
  return shown.length === 0 ? earlier : Math.min(...shown);
}
