// The time range that a page shows, as it stands in the address.
import { DAY, HOUR, MINUTE } from "./time";

export const SPANS = {
  "15m": 15 * MINUTE,
  "1h": HOUR,
  "6h": 6 * HOUR,
  "24h": DAY,
  "7d": 7 * DAY,
  "30d": 30 * DAY,
} as const;
export type Span = keyof typeof SPANS;
export const SPAN_NAMES: Record<Span, string> = {
  "15m": "15 minutes",
  "1h": "1 hour",
  "6h": "6 hours",
  "24h": "24 hours",
  "7d": "7 days",
  "30d": "30 days",
};

/** A range: a span up to now, or two instants. */
export type Range =
  | { readonly kind: "span"; readonly span: Span }
  | { readonly kind: "own"; readonly since: string; readonly until: string };

/** Read a range from `range`, or `since` and `until`; `usual` where they say none that makes sense. */
export function rangeOf(search: Record<string, unknown>, usual: Span): Range {
  const { since, until, range } = search;
  if (
    typeof since === "string" &&
    typeof until === "string" &&
    Date.parse(since) < Date.parse(until)
  )
    return { kind: "own", since, until };
  const span = (Object.keys(SPANS) as Span[]).find((name) => name === range);
  return { kind: "span", span: span ?? usual };
}

/** The instants of a range. A span's end is rounded up to the whole minute, so that it is one key for a minute. */
export function instantsOf(range: Range, now: number): { since: string; until: string } {
  if (range.kind === "own") return { since: range.since, until: range.until };
  const until = Math.ceil(now / MINUTE) * MINUTE;
  return {
    since: new Date(until - SPANS[range.span]).toISOString(),
    until: new Date(until).toISOString(),
  };
}
