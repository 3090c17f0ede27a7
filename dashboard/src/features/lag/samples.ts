// What the lag was while the page was open: the last quarter of an hour, in memory alone.
import type { Point } from "@/chart/types";
import { MINUTE, SECOND } from "@/lib/time";

/** The lag at one instant. */
export interface Sample {
  readonly at: number;
  readonly records: number;
  readonly seconds: number;
}

export const KEPT_MS = 15 * MINUTE;
/** Samples are at least this far apart. */
export const APART_MS = 4 * SECOND;

/** Add a sample; what is too old is let go, and what comes too soon is left out. */
export function kept(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && next.at - last.at < APART_MS && next.at >= last.at) return samples;
  // A clock that was set back begins anew: a chart cannot run backwards.
  if (last !== undefined && next.at < last.at) return [next];
  return [...samples.filter(({ at }) => at > next.at - KEPT_MS), next];
}

/** Samples as points of a chart. */
export function pointsOf(samples: readonly Sample[], of: "records" | "seconds"): Point[] {
  return samples.map((sample) => ({ at: sample.at, value: sample[of] }));
}
