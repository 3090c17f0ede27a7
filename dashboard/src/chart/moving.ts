// Where keys lead in a chart: from instant to instant, by ten, to the ends. Pure.
import { lowerBound, nearest } from "@/chart/points";

const PAGE = 10;

/** How far a value reaches from its instant: a cursor further away shows "not known". */
export const reachOf = (step: number): number => step * 1.5;

/** The instant of a chart's own that a cursor stands for; null where none is near enough. */
export function standsFor(instants: readonly number[], at: number, step: number): number | null {
  const found = instants[nearest(instants, at)];
  return found === undefined || Math.abs(found - at) > reachOf(step) ? null : found;
}

/** The instant whose step a cursor lies in; null where there is none. */
export function stepAround(instants: readonly number[], at: number, step: number): number | null {
  const found = instants[lowerBound(instants, at + 0.5) - 1];
  return found === undefined || at - found >= step ? null : found;
}

/** Where a key moves the cursor; null where the key moves nothing. */
export function moved(instants: readonly number[], at: number | null, key: string): number | null {
  const last = instants.length - 1;
  const before = at === null ? last : lowerBound(instants, at) - 1;
  const after = at === null ? last : lowerBound(instants, at + 0.5);
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: before,
    ArrowRight: after,
    PageUp: after + PAGE - 1,
    PageDown: before - PAGE + 1,
    Home: 0,
    End: last,
  };
  if (last < 0 || !Object.hasOwn(places, key)) {
    return null;
  }
  return instants[Math.min(last, Math.max(0, places[key] ?? 0))] ?? null;
}
