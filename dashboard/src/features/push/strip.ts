// Verdicts per step of a range: what the strip above the decisions draws.
import type { Schemas } from "@/api/schemas";
import type { Bar } from "@/chart/stack";
import { DAY, HOUR, MINUTE } from "@/lib/time";

type Decision = Pick<Schemas["DecisionView"], "decided_at" | "verdict">;

const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY];
const MOST_BARS = 60;

/** The shortest step that draws a range with a readable number of bars. */
export function stepOf(since: number, until: number): number {
  return STEPS.find((step) => (until - since) / step <= MOST_BARS) ?? DAY;
}

/** A bar for each step of a range; what lies before `knownSince` is unknown, not nothing. */
export function barsOf(
  decisions: readonly Decision[],
  since: number,
  until: number,
  knownSince: number | null,
): Bar[] {
  const step = stepOf(since, until);
  const begin = (at: number) => Math.floor(at / step) * step;
  const counts = new Map<number, Record<Decision["verdict"], number>>();
  for (let at = begin(since); at < until; at += step)
    if (knownSince === null || at >= knownSince) counts.set(at, { pass: 0, hold: 0, block: 0 });
  for (const { decided_at, verdict } of decisions) {
    const count = counts.get(begin(Date.parse(decided_at)));
    if (count !== undefined) count[verdict] += 1;
  }
  return [...counts].map(([at, values]) => ({ at, values }));
}
