// What the gate says of all audiences, as the API counts them.
import type { Schemas } from "@/api/schemas";

type Verdicts = Schemas["AudienceVerdicts"];
type Pair = readonly ["hold" | "block" | "pass", string];

/** A count, or the least that it can be. */
export function atLeast(count: number | string, isExact: boolean): string {
  return `${isExact ? "" : "at least "}${count}`;
}

/** Verdicts with their counts; null where there is no audience. */
export function countsOf({ held, blocked, passing, exact }: Verdicts): readonly Pair[] | null {
  if (exact && held + blocked + passing === 0) return null;
  return [
    ["hold", atLeast(held, exact)],
    ["block", atLeast(blocked, exact)],
    ["pass", atLeast(passing, exact)],
  ];
}
