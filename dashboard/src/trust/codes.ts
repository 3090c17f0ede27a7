// The gate's reasons: what each means, and what it takes until a push goes. Texts only: whether a
// reason holds is decided by the API, and every number here comes from its thresholds.
import type { Schemas } from "@/api/schemas";

/** The gate's thresholds as `GET /cdp/gate` says them. */
export type Thresholds = Schemas["GateThresholds"];

/** A reason in words. */
export interface CodeText {
  readonly name: string;
  readonly meaning: string;
  /** What has to happen until a push passes; null where nothing has to. */
  readonly wayOut: ((thresholds: Thresholds) => string) | null;
  /** What somebody can do now, where waiting does not help. */
  readonly act?: "confirm" | "release" | "unfreeze" | "source";
}

const recovery = ({ recover_readings, healthy, margin, cool_down }: Thresholds) =>
  `${recover_readings} readings in a row at ${healthy} or above, the first of them at ${healthy + margin}, then ${spanOf(cool_down)} without another fall.`;

export const CODES: Readonly<Record<string, CodeText>> = {
  trusted: {
    name: "trusted",
    meaning: "Every signal is healthy, fresh and settled.",
    wayOut: null,
  },
  takes_off: {
    name: "takes people off",
    meaning: "It only takes people off the list, which is always allowed.",
    wayOut: null,
  },
  unhealthy: {
    name: "unhealthy",
    meaning: "A signal that the push depends on is unhealthy.",
    wayOut: recovery,
  },
  degraded: {
    name: "degraded",
    meaning: "A signal that the push depends on is degraded.",
    wayOut: recovery,
  },
  unknown: {
    name: "unknown",
    meaning: "A signal has no score: no data is not health.",
    wayOut: (thresholds) => `Data of that signal, then ${recovery(thresholds)}`,
    act: "source",
  },
  never_read: {
    name: "never read",
    meaning: "A signal was never read, or not recently.",
    wayOut: (thresholds) => `Its first events, then ${recovery(thresholds)}`,
    act: "source",
  },
  no_signal: {
    name: "no signal",
    meaning: "The push depends on no signal that is known.",
    wayOut: () => "Events from a source that feeds the segment.",
    act: "source",
  },
  stale: {
    name: "stale",
    meaning: "The newest reading is too old to say anything about now.",
    wayOut: ({ staleness }) =>
      `A reading younger than ${spanOf(staleness)}: the engine's signals have to run.`,
  },
  future: {
    name: "in the future",
    meaning: "A reading is dated later than now: a clock is wrong.",
    wayOut: ({ clock_tolerance }) => `Clocks that agree within ${spanOf(clock_tolerance)}.`,
  },
  clock_went_back: {
    name: "clock went back",
    meaning: "A reading is dated before one that came earlier.",
    wayOut: () => "Clocks that go forward again past the newest reading.",
  },
  small_sample: {
    name: "small sample",
    meaning: "A reading is based on too little data.",
    wayOut: ({ minimum_sample, minimum_requests }) =>
      `At least ${minimum_sample} events in a source's window, or ${minimum_requests} requests of a platform.`,
  },
  recovering: {
    name: "recovering",
    meaning: "A signal is healthy again, but not for long enough.",
    wayOut: recovery,
  },
  mistaken: {
    name: "mistaken",
    meaning: "A reading contradicts itself and is not used.",
    wayOut: () => "The next reading that makes sense.",
  },
  cooling_down: {
    name: "cooling down",
    meaning: "A signal was degraded or unhealthy a short while ago.",
    wayOut: ({ cool_down }) => `${spanOf(cool_down)} since then without another fall.`,
  },
  volatile: {
    name: "volatile",
    meaning: "A signal's last readings are too far apart.",
    wayOut: ({ swing, swing_readings }) =>
      `${swing_readings} readings within ${swing} points of each other.`,
  },
  first_sync: {
    name: "first push",
    meaning: "The first push adds everybody: somebody has to confirm that this is meant.",
    wayOut: () => "A person with the scope gate confirms it.",
    act: "confirm",
  },
  mass_addition: {
    name: "mass addition",
    meaning: "The push adds far more people than is usual for this audience.",
    wayOut: ({ add_share, usual_times }) =>
      `At most ${percent(add_share)} of the list or ${usual_times} times the usual; or a person releases it.`,
    act: "release",
  },
  mass_removal: {
    name: "mass removal",
    meaning: "The push removes an unusual share of this audience.",
    wayOut: ({ remove_share }) =>
      `At most ${percent(remove_share)} of the list removed in one push; or a person releases it.`,
    act: "release",
  },
  quiet_hours: {
    name: "quiet hours",
    meaning: "Pushes rest at this time of day.",
    wayOut: ({ quiet }) => (quiet === null ? "Their end." : "The end of the quiet hours."),
  },
  frozen: {
    name: "frozen",
    meaning: "Somebody froze pushes.",
    wayOut: () => "Somebody with the scope gate sets the gate to enforce again.",
    act: "unfreeze",
  },
  overridden: {
    name: "overridden",
    meaning: "A person overrode the reasons for a while.",
    wayOut: null,
  },
  released: { name: "released", meaning: "A person let this one push pass.", wayOut: null },
  advisory: {
    name: "advisory",
    meaning: "The gate only advises: it is a dry run, and nothing is sent.",
    wayOut: () => "The end of the advisory mode.",
  },
};

/** A reason's text; a code that this page does not know yet is shown as it is. */
export function codeText(code: string): CodeText {
  return CODES[code] ?? { name: code.replaceAll("_", " "), meaning: code, wayOut: null };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

const SECONDS: Record<string, number> = { D: 86_400, H: 3_600, M: 60, S: 1 };
const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** An ISO 8601 span as people read it, nothing rounded: "PT600S" → "10 min". */
export function spanOf(iso: string): string {
  const parts = [...iso.replace("T", "").matchAll(/([\d.]+)([DHMS])/g)];
  if (parts.length === 0) return iso;
  let rest = parts.reduce((sum, part) => sum + Number(part[1]) * (SECONDS[part[2] ?? ""] ?? 0), 0);
  const said = UNITS.flatMap(([unit, size]) => {
    const count = size === 1 ? rest : Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return said.join(" ") || "0 s";
}
