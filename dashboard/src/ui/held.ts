// Rows that came since somebody looked wait, so that nothing moves under the pointer. Pure.

export type Key = string | number;

interface Held<Row> {
  /** What is shown: what was seen, in the order in which it was, and what follows below it. */
  readonly shown: readonly Row[];
  /** Rows that would push down what is seen. */
  readonly waiting: number;
  /** What is seen has another order by now. */
  readonly isMoved: boolean;
}

/** Hold back what would move rows that were seen; a list of which none is left is another one. */
export function heldBack<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  seen: readonly Key[],
): Held<Row> {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const known = new Set(seen);
  const kept = seen.flatMap((key) => byKey.get(key) ?? []);
  if (kept.length === 0) return { shown: rows, waiting: 0, isMoved: false };
  const last = rows.findLastIndex((row) => known.has(keyOf(row)));
  const inOrder = rows.filter((row) => known.has(keyOf(row)));
  return {
    shown: [...kept, ...rows.slice(last + 1)],
    waiting: last + 1 - kept.length,
    isMoved: inOrder.some((row, place) => row !== kept[place]),
  };
}

/** Whether two orders are the same. */
export function isSame(one: readonly Key[], other: readonly Key[]): boolean {
  return one.length === other.length && one.every((key, place) => key === other[place]);
}
