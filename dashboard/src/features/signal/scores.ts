// The points of the score's chart: readings of the range, and the newest one, which comes live.
import type { Schemas } from "@/api/schemas";
import type { Point } from "@/chart/types";

type Reading = Pick<Schemas["Reading"], "id" | "read_at" | "score">;

/**
 * The scores of a range, oldest first, one per reading.
 *
 * Pages that are read one after the other may overlap, and the newest reading may be in none yet.
 */
export function scoresOf(
  readings: readonly Reading[],
  newest: Reading | null,
  until: number,
): Point[] {
  const byId = new Map(readings.map((reading) => [reading.id, reading]));
  if (newest !== null && Date.parse(newest.read_at) < until) byId.set(newest.id, newest);
  return [...byId.values()]
    .map(({ read_at, score }) => ({ at: Date.parse(read_at), value: score }))
    .toSorted((one, other) => one.at - other.at);
}

/** The oldest instant that is known; readings come newest first. */
export function knownSince(readings: readonly Reading[]): number | null {
  const oldest = readings.at(-1);
  return oldest === undefined ? null : Date.parse(oldest.read_at);
}
