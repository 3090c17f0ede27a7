// The gate's thresholds in words; their values come from the API.
import { spanOf, type Thresholds } from "@/trust/codes";

/** A sentence for each threshold. */
export const THRESHOLDS: Readonly<Record<keyof Thresholds, string>> = {
  healthy: "Least score at which a push goes.",
  degraded: "Below it a push is blocked, above it is held.",
  margin: "Points above healthy that the first reading of a recovery must reach.",
  recover_readings: "Healthy readings in a row before a signal counts as recovered.",
  cool_down: "Calm after a fall before pushes go again.",
  staleness: "An older reading says nothing about now.",
  clock_tolerance: "How far clocks may differ.",
  minimum_sample: "Events that a source's reading must be based on.",
  minimum_requests: "Requests that a platform's reading must be based on.",
  swing: "Points between the last readings above which a signal is volatile.",
  swing_readings: "How many of the last readings are compared.",
  confirm_first: "Whether somebody has to confirm an audience's first push.",
  add_share: "Share of an audience that one push may add.",
  remove_share: "Share of an audience that one push may remove.",
  usual_times: "How many times the usual size a push may be.",
  least_share: "Changes below this share of an audience never count as mass changes.",
  least_people: "Changes of fewer people never count as mass changes.",
  pushes_remembered: "Past pushes that say what is usual.",
  depends_for: "A source counts this long after its last event.",
  quiet: "Hours in which pushes rest.",
  two_persons: "Whether a second person has to approve a release or an override.",
  longest_override: "How long an override may last.",
};

/** A threshold's value as people read it. */
export function valueText(value: unknown): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return spanOf(value);
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}
