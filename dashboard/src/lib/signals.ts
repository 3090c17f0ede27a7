// Signals in the order in which somebody looks at them.
import type { Schemas } from "@/api/schemas";

type Signal = Schemas["Signal"];
const ORDER: readonly Signal["status"][] = ["unhealthy", "degraded", "unknown", "healthy"];

/** The last instant of which a reading says anything; `after` in seconds, null: not known. */
export function lastOf(readAt: string | null | undefined, after: number | null): number {
  return readAt && after !== null ? Date.parse(readAt) + after * 1_000 : Infinity;
}

/** Worst first, unknown before healthy; of one status the lowest score first. */
export function worstFirst(signals: readonly Signal[]): Signal[] {
  const rank = (signal: Signal) => ORDER.indexOf(signal.status);
  const score = (signal: Signal) => signal.reading?.score ?? -1;
  return signals.toSorted(
    (one, other) =>
      rank(one) - rank(other) ||
      score(one) - score(other) ||
      one.signal.localeCompare(other.signal),
  );
}

/** What people call a signal: "web (source:1)". */
export function nameOf(signal: Signal): string {
  return signal.name === null ? signal.signal : `${signal.name} (${signal.signal})`;
}
