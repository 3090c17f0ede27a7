// State timelines as instants and words: where states change, what holds at an instant. Pure.
import type { TableData } from "@/chart/table";
import type { State, StateSpan } from "@/chart/types";

export interface StateRow {
  readonly name: string;
  /** In order, without overlap; what no span covers is unknown. */
  readonly spans: readonly StateSpan[];
}

export function stateAt(row: StateRow, at: number): State {
  return row.spans.find((span) => span.since <= at && at < span.until)?.state ?? "unknown";
}

/** Instants inside a range at which any row changes, and the range's begin. */
export function turns(rows: readonly StateRow[], since: number, until: number): number[] {
  const found = new Set([since]);
  for (const row of rows) {
    for (const span of row.spans) {
      for (const at of [span.since, span.until]) {
        if (at > since && at < until) {
          found.add(at);
        }
      }
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

/** A row's spans cut to a range, its holes filled with "unknown". */
export function filled(row: StateRow, since: number, until: number): StateSpan[] {
  const found: StateSpan[] = [];
  let last = since;
  for (const span of row.spans) {
    const [from, to] = [Math.max(span.since, last), Math.min(span.until, until)];
    if (to > from) {
      if (from > last) {
        found.push({ since: last, until: from, state: "unknown" });
      }
      found.push({ since: from, until: to, state: span.state });
      last = to;
    }
  }
  if (until > last) {
    found.push({ since: last, until, state: "unknown" });
  }
  return found;
}

/** One line per change, newest first, as the drawing shows them. */
export function changesTable(
  rows: readonly StateRow[],
  since: number,
  until: number,
  time: (at: number) => string,
): TableData {
  const lines = rows.flatMap((row) =>
    filled(row, since, until).map((span) => ({ ...span, name: row.name })),
  );
  return {
    columns: ["From", "To", "Name", "State"],
    rows: lines
      .toSorted((a, b) => b.since - a.since)
      .map((line) => ({
        key: `${line.name} ${line.since}`,
        cells: [time(line.since), time(line.until), line.name, line.state],
      })),
  };
}
