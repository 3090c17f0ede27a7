// Changes of a sequence's steps.
import type { Step } from "@/rule/types";

/** One more step; one that must not happen stays the last. */
export function withNext(steps: readonly Step[]): Step[] {
  const next: Step = { event: { name: null } };
  return steps.at(-1)?.absent === true ? steps.toSpliced(-1, 0, next) : [...steps, next];
}

/** One step less. The first one has none before it, so that it says nothing of that. */
export function withoutStep(steps: readonly Step[], index: number): Step[] {
  const left = steps.toSpliced(index, 1);
  return left.map((step, at) => (at === 0 ? { event: step.event } : step));
}

export function withWithin(step: Step, within: string | null): Step {
  const { within: _, ...rest } = step;
  return within === null ? rest : { ...rest, within };
}

/** Absence is decided when a time is over, and nothing can be in between. */
export function withAbsence(step: Step, isAbsent: boolean): Step {
  const { absent: _, without, ...rest } = step;
  if (isAbsent) return { ...rest, within: step.within ?? "1d", absent: true };
  return without === undefined ? rest : { ...rest, without };
}
