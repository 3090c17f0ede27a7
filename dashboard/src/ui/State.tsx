// A state: always a shape, a word and a colour together, never hue alone.
import type { Schemas } from "@/api/schemas";
import { Icon, type IconName } from "./Icon";
import { useStale } from "./zone";

/** The states of a signal, as the API says them; anything else is shown as unknown. */
export type StateName = "healthy" | "degraded" | "unhealthy" | "unknown";
/** What the gate says of a push. */
export type VerdictName = "pass" | "hold" | "block" | "frozen";

const STATES: Record<StateName, { icon: IconName; colour: string }> = {
  healthy: { icon: "disc", colour: "text-healthy" },
  degraded: { icon: "triangle", colour: "text-degraded" },
  unhealthy: { icon: "square", colour: "text-unhealthy" },
  unknown: { icon: "ring", colour: "text-unknown" },
};
const VERDICTS: Record<VerdictName, { icon: IconName; colour: string }> = {
  pass: { icon: "check", colour: "text-healthy" },
  hold: { icon: "pause", colour: "text-degraded" },
  block: { icon: "forbidden", colour: "text-unhealthy" },
  frozen: { icon: "snow", colour: "text-quiet" },
};

/** The state of a word: whatever nobody knows is unknown, never healthy. */
export function stateOf(word: string | null | undefined): StateName {
  return word !== null && word !== undefined && word in STATES ? (word as StateName) : "unknown";
}

interface StateProps {
  readonly state: string | null | undefined;
  /** The score of 0–100; null where nobody knows it, shown as a dash. */
  readonly score?: number | null | undefined;
  /** When it was read: a reading that is too old says nothing about now, and looks like that. */
  readonly readAt?: string | null | undefined;
  /** What it was when it was read. */
  readonly was?: string | undefined;
}

/** A signal's state with its score. */
export function State({ state, score, readAt, was }: StateProps) {
  const isStale = useStale(readAt);
  const name = isStale ? "unknown" : stateOf(state);
  const { icon, colour } = STATES[name];
  return (
    <span
      className={`inline-flex items-baseline gap-1 [&>svg]:self-center whitespace-nowrap ${colour}`}
    >
      <Icon name={icon} />
      {isStale ? (
        <span>stale{was !== undefined && <span className="sr-only">, was {was}</span>}</span>
      ) : (
        name
      )}
      {score !== undefined && (
        <b>{score === null || name === "unknown" ? "–" : Math.floor(score)}</b>
      )}
    </span>
  );
}

interface WhyProps {
  readonly signal: Pick<Schemas["SignalDetail"], "status" | "why" | "reading">;
}

/** Why a signal is what it is, as the API says it, unless the reading has grown too old since. */
export function Why({ signal: { status, why, reading } }: WhyProps) {
  const isStale = useStale(reading?.read_at);
  return isStale && status !== "unknown" ? "Its newest reading is too old." : why;
}

interface VerdictProps {
  readonly verdict: string | null | undefined;
}

/** What the gate says: pass, hold, block or frozen; "not judged" where it has said nothing. */
export function Verdict({ verdict }: VerdictProps) {
  const name = (verdict ?? "").toLowerCase();
  if (!(name in VERDICTS))
    return (
      <span className="inline-flex items-baseline gap-1 [&>svg]:self-center whitespace-nowrap text-unknown">
        <Icon name="ring" />
        {verdict ?? "not judged"}
      </span>
    );
  const { icon, colour } = VERDICTS[name as VerdictName];
  return (
    <span
      className={`inline-flex items-baseline gap-1 [&>svg]:self-center whitespace-nowrap ${colour}`}
    >
      <Icon name={icon} />
      {name}
    </span>
  );
}
