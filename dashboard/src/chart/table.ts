// A chart's data as rows: the table beside every chart says the same as the drawing.
import { instantsOf, lowerBound, valuesOf } from "@/chart/points";
import { MARKERS } from "@/chart/tone";
import type { ExpectedPoint, Marker, Series, TimeSpan } from "@/chart/types";

export const UNKNOWN_TEXT = "–";

export interface TableRow {
  readonly key: string;
  readonly cells: readonly string[];
}

export interface TableData {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

interface Source {
  readonly series: readonly Series[];
  readonly expected?: readonly ExpectedPoint[];
  readonly markers?: readonly Marker[];
  readonly spans?: readonly TimeSpan[];
  readonly since: number;
  readonly until: number;
  readonly format: (value: number) => string;
  readonly time: (at: number) => string;
}

/** Marks and spans of the range, as words with the instant they belong to. */
function saidOf({ markers = [], spans = [], since, until, time }: Source) {
  const marks = markers
    .filter(({ at }) => at >= since && at <= until)
    .map(({ at, kind, label }) => ({ at, text: `${MARKERS[kind].word}: ${label}` }));
  const regions = spans
    .filter((span) => span.since <= until && (span.until ?? until) >= since)
    .map((span) => ({
      at: Math.max(since, span.since),
      text: `${span.label}, ${time(span.since)} to ${span.until === null ? "now" : time(span.until)}`,
    }));
  return [...marks, ...regions];
}

/** A chart's values at an instant as a screen reader says them, with the spans it lies in. */
export function sentenceAt(
  entries: readonly { readonly name: string; readonly textAt: (at: number) => string }[],
  spans: readonly TimeSpan[],
  at: number,
): string {
  const values = entries.map(({ name, textAt }) => {
    const text = textAt(at);
    return `${name} ${text === UNKNOWN_TEXT ? "not known" : text}`;
  });
  const inside = spans.filter((span) => span.since <= at && (span.until ?? at) >= at);
  return [...values, ...inside.map((span) => span.label)].join(", ");
}

/** Newest first; a marker stands in the row of the last point at or before it. */
export function tableOf(source: Source): TableData {
  const { series, expected = [], since, until, format } = source;
  const instants = instantsOf([...series, { points: expected }], since, until);
  const values = series.map((one) => valuesOf(one.points));
  const low = valuesOf(expected.map((point) => ({ at: point.at, value: point.low })));
  const high = valuesOf(expected.map((point) => ({ at: point.at, value: point.high })));
  const said = saidOf(source);
  const marks = new Map<number, string[]>();
  for (const { at: when, text } of said) {
    const place = lowerBound(instants, when + 0.5) - 1;
    const at = instants[Math.max(0, place)] ?? when;
    marks.set(at, [...(marks.get(at) ?? []), text]);
  }
  const shown = (value: number | null | undefined): string =>
    value === null || value === undefined ? UNKNOWN_TEXT : format(value);
  const all = instantsOf(
    [{ points: [...instants, ...marks.keys()].map((at) => ({ at })) }],
    since,
    until,
  );
  const rows = all.toReversed().map((at) => ({
    key: String(at),
    cells: [
      source.time(at),
      ...values.map((of) => shown(of.get(at))),
      ...(expected.length > 0 ? [`${shown(low.get(at))} to ${shown(high.get(at))}`] : []),
      ...(said.length > 0 ? [marks.get(at)?.join("; ") ?? ""] : []),
    ],
  }));
  const columns = [
    "Time",
    ...series.map((one) => one.name),
    ...(expected.length > 0 ? ["Expected"] : []),
    ...(said.length > 0 ? ["Marks"] : []),
  ];
  return { columns, rows };
}
