// How far a search has come: only then can it be said that nothing was found. Pure.
import type { Problem } from "@/lib/problem";

/** What of a request tells whether its answer is that of what was asked for. */
export interface Answering {
  readonly data: unknown;
  readonly isPlaceholderData: boolean;
  readonly error: Problem | null;
}

/** How far a search has come. */
export interface Progress {
  /** The results of exactly what was typed are not all in. */
  readonly isLooking: boolean;
  /** Why some of them will not come; null where all do. */
  readonly problem: Problem | null;
}

/** The progress of a text's requests; `rested` is the text that they ask for. */
export function progressOf(
  wanted: string,
  rested: string,
  requests: readonly Answering[],
): Progress {
  if (wanted !== rested) return { isLooking: true, problem: null };
  const open = requests.filter((each) => each.data === undefined || each.isPlaceholderData);
  return {
    isLooking: open.some(({ error }) => error === null),
    problem: open.find(({ error }) => error !== null)?.error ?? null,
  };
}
