// Instants and spans as people read them; the clock is always an argument.

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "always", style: "short" });
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
  ["second", SECOND],
];

/** How far an instant is from now: "12 sec. ago", "in 41 min.". */
export function formatRelative(at: string, now: number): string {
  const distance = Date.parse(at) - now;
  if (Math.abs(distance) < SECOND) return "just now";
  const [unit, size] =
    UNITS.find(([, span]) => Math.abs(distance) >= span) ?? (["second", SECOND] as const);
  return relative.format(Math.trunc(distance / size), unit);
}

/** A span in its two largest units: 3725 s → "1 h 2 min". */
export function formatSpan(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (seconds < 1) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [name, size] of [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
  }
  return parts.join(" ");
}

/** The full instant in a time zone: "2026-03-01 10:30:00 Europe/Berlin". */
export function formatInstant(at: string, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
    hourCycle: "h23",
  }).format(new Date(at));
  return `${parts.replace(",", "")} ${zone}`;
}

/** Only the time of day: "10:30:00", and the date where it is another day than now's. */
export function formatClock(at: string, now: number, zone: string): string {
  const day = (value: Date) =>
    new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(value);
  const date = new Date(at);
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    timeStyle: "medium",
    hourCycle: "h23",
  }).format(date);
  return day(date) === day(new Date(now)) ? clock : `${day(date)} ${clock}`;
}
