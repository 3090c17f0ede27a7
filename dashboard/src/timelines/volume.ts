// Event volumes as bars: zero where nothing came, nothing at all where nothing is known.
import type { Schemas } from "@/api/schemas";
import type { Bar } from "@/chart/stack";
import { DAY as DAY_OF_ZONE, dayNumber, offsetAt, startOfDay } from "@/chart/zone";
import { DAY, HOUR, MINUTE } from "@/lib/time";

type Volumes = Schemas["EventVolumes"];
/** How long a step is. */
export type Step = Volumes["step"];

const APART = 5;
export const STEP_MS: Record<Step, number> = { minute: MINUTE, hour: HOUR, day: DAY };

/** The step that draws a range with a readable number of bars. */
export function stepOf(since: number, until: number): Step {
  const span = until - since;
  if (span <= 2 * HOUR) return "minute";
  return span <= 8 * DAY ? "hour" : "day";
}

/** Where the step that an instant lies in begins, by the clocks of a zone. */
export function beginOf(at: number, step: Step, zone: string): number {
  if (step === "day") return startOfDay(dayNumber(at, zone), zone);
  const ms = STEP_MS[step];
  const offset = offsetAt(at, zone);
  return Math.floor((at + offset) / ms) * ms - offset;
}

/** Where the step after this one begins. */
export function nextOf(begin: number, step: Step, zone: string): number {
  if (step !== "day") return begin + STEP_MS[step];
  return startOfDay(dayNumber(begin + DAY_OF_ZONE / 2, zone) + 1, zone);
}

/** Bars of the largest names and of all others together. */
export interface Stack {
  readonly names: string[];
  readonly bars: Bar[];
  readonly total: number;
}

/** The volumes of an answer as bars; `nameOf` says what a name is called. */
export function stackOf(
  volumes: Volumes,
  zone: string,
  nameOf: (name: string) => string = (name) => name || "without a name",
): Stack {
  const apart = volumes.names.filter(({ name }) => name !== null).slice(0, APART);
  const rest = volumes.names.filter((each) => !apart.includes(each));
  const names = apart.map(({ name }) => nameOf(name ?? ""));
  if (rest.length > 0) names.push(free("all others", names));
  const counts = new Map<number, Map<string, number>>();
  for (const [place, volume] of [...apart, ...rest].entries()) {
    const name = names[Math.min(place, names.length - 1)] ?? "";
    for (const point of volume.points) {
      const at = Date.parse(point.at);
      const step = counts.get(at) ?? new Map<string, number>();
      step.set(name, (step.get(name) ?? 0) + point.events);
      counts.set(at, step);
    }
  }
  const total = volumes.names.reduce((sum, { events }) => sum + events, 0);
  return { names, bars: barsOf(volumes, zone, names, counts), total };
}

function barsOf(
  volumes: Volumes,
  zone: string,
  names: readonly string[],
  counts: Map<number, Map<string, number>>,
): Bar[] {
  const from = read(volumes.first_received_at, Number.POSITIVE_INFINITY);
  const to = read(volumes.complete_until, Number.NEGATIVE_INFINITY);
  const starts = new Set(counts.keys());
  const until = Date.parse(volumes.until);
  for (
    let begin = beginOf(Date.parse(volumes.since), volumes.step, zone);
    begin < until;
    begin = nextOf(begin, volumes.step, zone)
  )
    starts.add(begin);
  return [...starts]
    .toSorted((one, other) => one - other)
    .map((at) => {
      const isKnown = nextOf(at, volumes.step, zone) > from && at < to;
      const found = counts.get(at);
      if (!isKnown && found === undefined) return { at, values: null };
      const usual = isKnown ? 0 : null;
      return {
        at,
        values: Object.fromEntries(names.map((name) => [name, found?.get(name) ?? usual])),
      };
    });
}

function read(at: string | null, none: number): number {
  return at === null ? none : Date.parse(at);
}

function free(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? free(`${name} together`, taken) : name;
}
