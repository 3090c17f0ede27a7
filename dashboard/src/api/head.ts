// What is new at the head of a listing, taken into the pages that are there. Pure.

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

/** Rows that a listing holds on to, at most, when it is read again. */
const MOST_ROWS = 1_000;

/**
 * The pages with the newest one taken in: the first page grows, those that follow stay.
 *
 * Null where that cannot be told: the newest page has to reach into what is known, by ids, and no
 * row of it may be known from further down.
 */
export function withHead<P extends Page>(pages: readonly P[], head: P): P[] | null {
  const [first, ...others] = pages;
  const newest = head.items.map(idOf);
  const last = newest.at(-1);
  if (first === undefined || head.next === null || last === undefined || last === null) return null;
  const known = first.items.map(idOf);
  const reached = known.indexOf(last);
  if (reached === -1 || known.includes(null) || newest.includes(null)) return null;
  const below = [...known.slice(reached + 1), ...rowsOf(others).map(idOf)];
  if (below.some((id) => newest.includes(id))) return null;
  return [{ ...first, items: [...head.items, ...first.items.slice(reached + 1)] }, ...others];
}

/**
 * The pages that were read again, with the rows below them that were known before.
 *
 * As many pages as before reach less far down once rows came at the head: without this, rows would
 * vanish from under whoever looks at them.
 */
export function withTail<P extends Page>(before: readonly P[], pages: readonly P[]): readonly P[] {
  const last = pages.at(-1);
  const end = last?.items.at(-1);
  const lowest = before.at(-1);
  if (last === undefined || lowest === undefined || last.next === null) return pages;
  const known = rowsOf(before);
  const reached = end === undefined ? -1 : known.map(idOf).indexOf(idOf(end));
  if (reached === -1 || idOf(end) === null) return pages;
  const read = rowsOf(pages);
  const ids = new Set(read.map(idOf));
  const tail = known.slice(reached + 1).filter((row) => !ids.has(idOf(row)));
  if (tail.length === 0 || read.length + tail.length > MOST_ROWS) return pages;
  return [...pages.slice(0, -1), { ...last, items: [...last.items, ...tail], next: lowest.next }];
}

function rowsOf(pages: readonly Page[]): unknown[] {
  return pages.flatMap(({ items }) => items);
}

function idOf(item: unknown): string | number | null {
  if (typeof item !== "object" || item === null || !("id" in item)) return null;
  return typeof item.id === "string" || typeof item.id === "number" ? item.id : null;
}
