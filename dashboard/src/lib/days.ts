// Calendar days of a time zone, as a timeline is grouped by them.

/** One calendar day with what happened in it, in the order in which it came. */
export interface Day<Item> {
  /** "2026-03-01". */
  readonly day: string;
  readonly items: readonly Item[];
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day of an instant in a zone: "2026-03-01". */
export function dayOf(at: string, zone: string): string {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
    formats.set(zone, format);
  }
  return format.format(new Date(at));
}

/** Neighbours of one day together; the order stays, and a day that comes again stays apart. */
export function byDay<Item>(
  items: readonly Item[],
  atOf: (item: Item) => string,
  zone: string,
): Day<Item>[] {
  const days: { day: string; items: Item[] }[] = [];
  for (const item of items) {
    const day = dayOf(atOf(item), zone);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}

/** A day in words: "Sunday, 1 March 2026". */
export function formatDay(day: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

/** The time of day of an instant in a zone: "10:30:05". */
export function timeOfDay(at: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    timeStyle: "medium",
    hourCycle: "h23",
  }).format(new Date(at));
}
