// The rows of a table as somebody looks at them: what comes by itself waits until it is wanted.
import { useState } from "react";
import { heldBack, isSame, type Key } from "./held";

/** What a listing says of itself, so that what somebody asked for is told from what came. */
export interface Listing {
  /** Which question it answers: another filter is another listing. */
  readonly listing?: string;
  /** How often somebody here changed what it lists: they want to see that at once. */
  readonly acts?: number;
  readonly isPlaceholderData?: boolean;
  readonly dataUpdatedAt?: number;
  readonly data?: { readonly pages: readonly unknown[] } | undefined;
}

interface Seen {
  readonly order: readonly Key[];
  readonly listing: string | undefined;
  readonly pages: number;
  readonly acts: number;
  /** When the data were read that somebody's act has made old; null: none did. */
  readonly actedAt: number | null;
}

/** What is shown of the rows, how many wait, and how to show them. */
export function useHeld<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  of: Listing | undefined,
) {
  const [seen, setSeen] = useState<Seen | null>(null);
  const whole = { shown: rows, waiting: 0, isMoved: false, show: () => {} };
  if (of === undefined) return whole;
  const { listing, acts = 0, dataUpdatedAt = 0 } = of;
  const pages = of.data?.pages.length ?? 0;
  const isOther =
    seen === null ||
    seen.listing !== listing ||
    seen.pages !== pages ||
    (seen.actedAt !== null && dataUpdatedAt > seen.actedAt);
  if (of.isPlaceholderData === true) return whole;
  if (isOther) {
    setSeen({ order: rows.map(keyOf), listing, pages, acts, actedAt: null });
    return whole;
  }
  const held = heldBack(rows, keyOf, seen.order);
  const order = held.shown.map(keyOf);
  if (seen.acts !== acts) setSeen({ ...seen, acts, actedAt: dataUpdatedAt });
  else if (!isSame(order, seen.order)) setSeen({ ...seen, order });
  return { ...held, show: () => setSeen(null) };
}
