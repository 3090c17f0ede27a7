// Instants as charts say them, in the workspace's zone.
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** "29 Nov, 22:28", with seconds where there are any. */
export function timeText(at: number, zone: string, locale?: string): string {
  const hasSeconds = Math.floor(at / 1000) % 60 !== 0;
  const key = `${zone} ${locale ?? ""} ${hasSeconds}`;
  let format = FORMATS.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, {
      timeZone: zone,
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(hasSeconds ? { second: "2-digit" } : {}),
    });
    FORMATS.set(key, format);
  }
  return format.format(at);
}

/** Figures of charts: at most two decimals, grouped. */
export function numberText(value: number): string {
  return value.toLocaleString(undefined, { maximumFractionDigits: 2 });
}
