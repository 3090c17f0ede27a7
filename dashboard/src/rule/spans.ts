// Spans: a whole number and a unit, as the API spells them (`30m`), and in words.

export const UNITS = ["s", "m", "h", "d", "w"] as const;
export type Unit = (typeof UNITS)[number];
export type SpanParts = { number: number; unit: Unit };

const UNIT_MS: Record<Unit, number> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
export const UNIT_NAMES: Record<Unit, string> = {
  s: "seconds",
  m: "minutes",
  h: "hours",
  d: "days",
  w: "weeks",
};

/** Number and unit of a span; null where a text is none, or more than a number holds exactly. */
export function readSpan(text: string): SpanParts | null {
  const number = Number(/^[0-9]+(?=[smhdw]$)/.exec(text)?.[0] ?? NaN);
  const unit = UNITS.find((one) => text.endsWith(one));
  if (unit === undefined || !Number.isSafeInteger(number) || number <= 0) return null;
  return { number, unit };
}

export function drawSpan(parts: SpanParts): string {
  return `${parts.number}${parts.unit}`;
}

/** Its length; null where a text is no span. */
export function spanMs(text: string): number | null {
  const parts = readSpan(text);
  return parts === null ? null : parts.number * UNIT_MS[parts.unit];
}

/** Its length in seconds; null where a text is no span. */
export function secondsOf(text: string): number | null {
  const ms = spanMs(text);
  return ms === null ? null : ms / 1_000;
}

/** Seconds as a span, in the largest unit that they are whole in. */
export function spanOf(seconds: number): string {
  const unit = UNITS.toReversed().find((one) => (seconds * 1_000) % UNIT_MS[one] === 0) ?? "s";
  return drawSpan({ number: (seconds * 1_000) / UNIT_MS[unit], unit });
}

/** Whether a span is one and lies within bounds, which are spans and come from the API. */
export function isWithin(text: string, least: string | null, most: string | null): boolean {
  const length = spanMs(text);
  if (length === null) return false;
  return (
    (least === null || length >= (spanMs(least) ?? 0)) &&
    (most === null || length <= (spanMs(most) ?? Infinity))
  );
}

/** `30m` as "30 minutes"; a text that is no span stays as it is. */
export function spanWords(text: string): string {
  const parts = readSpan(text);
  if (parts === null) return text;
  const name = UNIT_NAMES[parts.unit];
  return `${parts.number} ${parts.number === 1 ? name.slice(0, -1) : name}`;
}
