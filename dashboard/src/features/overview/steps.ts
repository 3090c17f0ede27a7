// Which of a new workspace's first steps are done.

/** The segment that every workspace starts with: nobody made it. */
const BUILT_IN = "consented_customers";

/** What the steps are told by. */
export interface Begun {
  readonly events: number;
  /** Names of all segments. */
  readonly segments: readonly string[];
  readonly audiences: number;
  /** Platforms that a check found connected. */
  readonly connected: number;
}

/** Each step: whether it is done. */
export function stepsOf({ events, segments, audiences, connected }: Begun) {
  return {
    event: events > 0,
    segment: segments.some((name) => name !== BUILT_IN),
    platform: connected > 0 || audiences > 0,
  };
}
