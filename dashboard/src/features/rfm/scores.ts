// Scores as the page draws and names them. Pure.
import type { Rule } from "@/rule/types";

/** Scores in the order of the grid: the best first. */
export const SCORES = [5, 4, 3, 2, 1] as const;

/** A picked cell of the grid. */
export interface Cell {
  readonly recency: number;
  readonly frequency: number;
}

/** `5-4` as a cell; null where nothing is picked. */
export function cellOf(text: string | undefined): Cell | null {
  const [, recency, frequency] = /^([1-5])-([1-5])$/.exec(text ?? "") ?? [];
  return recency === undefined || frequency === undefined
    ? null
    : { recency: Number(recency), frequency: Number(frequency) };
}

/** The people of a cell, as a segment's rule. */
export function cellRule({ recency, frequency }: Cell): Rule {
  return { type: "rfm", recency: [recency, recency], frequency: [frequency, frequency] };
}

/** The people with a name, as a segment's rule. */
export function namedRule(name: string): Rule {
  return { type: "rfm", segments: [name] };
}

/** `cannot_lose_them` as "Cannot lose them". */
export function nameWords(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What a score of 1 to 5 means by four ascending bounds: above one, up to the next.
 *
 * A score that no value can have, because two bounds are the same, is a dash.
 */
export function rangeWords(
  place: number,
  bounds: readonly number[],
  format: (value: number) => string,
): string {
  const low = bounds[place - 1];
  const high = bounds[place];
  if (low === undefined) return high === undefined ? "–" : `up to ${format(high)}`;
  if (high === undefined) return `over ${format(low)}`;
  return low === high ? "–" : `over ${format(low)}, up to ${format(high)}`;
}
