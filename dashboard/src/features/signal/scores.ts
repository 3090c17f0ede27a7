// The points of the score's chart: readings of the range, and the newest one, which comes live.
import type { Schemas } from "@/api/schemas";
import type { Point } from "@/chart/types";
import { lastOf } from "@/lib/signals";
import { formatSpan } from "@/lib/time";

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

/** The score now and where it is heading; a reading that is too old says neither. */
export function summaryOf(
  { reading, status, outlook }: Pick<Schemas["SignalDetail"], "reading" | "status" | "outlook">,
  now: number,
  staleAfter: number | null,
): string {
  if (reading !== null && now > lastOf(reading.read_at, staleAfter)) {
    const age = Math.floor((now - Date.parse(reading.read_at)) / 1_000);
    // By the minute: the chart need not be drawn again every second.
    const told = formatSpan(age < 60 ? age : age - (age % 60));
    return `Now unknown: the newest reading is ${told} old.`;
  }
  if (reading === null || reading.score === null || status === "unknown") return "Now unknown.";
  const score = `Now ${Math.floor(reading.score)} (${status})`;
  if (outlook.per_hour === null || Math.round(outlook.per_hour) === 0) return `${score}.`;
  const way = outlook.per_hour < 0 ? "falling" : "rising";
  return `${score}, ${way} by ${Math.abs(outlook.per_hour).toFixed(0)} an hour.`;
}
