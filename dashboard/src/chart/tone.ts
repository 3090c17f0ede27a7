// How series and states are told apart: by colour and by dash or texture, never by colour alone.
import type { MarkerKind, State } from "@/chart/types";

const STROKES = [
  "stroke-series-1",
  "stroke-series-2",
  "stroke-series-3",
  "stroke-series-4",
  "stroke-series-5",
  "stroke-series-6",
] as const;
const FILLS = [
  "fill-series-1",
  "fill-series-2",
  "fill-series-3",
  "fill-series-4",
  "fill-series-5",
  "fill-series-6",
] as const;
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "14 4", "5 2 2 2 2 2"] as const;
export const FORECAST_DASH = "1 4";
export const BLANK_DASH = "4 4";
/** More series than this share their looks: callers fold the rest into "other". */
export const SERIES_MOST = STROKES.length;

const turned = <T>(looks: readonly [T, ...T[]], index: number): T =>
  looks[index % looks.length] ?? looks[0];

export const strokeOf = (index: number): string => turned(STROKES, index);
export const fillOf = (index: number): string => turned(FILLS, index);
export const dashOf = (index: number): string => turned(DASHES, index);

export const STATE_STROKES: Readonly<Record<State, string>> = {
  healthy: "stroke-healthy",
  degraded: "stroke-degraded",
  unhealthy: "stroke-unhealthy",
  unknown: "stroke-unknown",
};
export const STATE_FILLS: Readonly<Record<State, string>> = {
  healthy: "fill-healthy",
  degraded: "fill-degraded",
  unhealthy: "fill-unhealthy",
  unknown: "fill-unknown",
};

export interface MarkerLook {
  readonly sign: string;
  readonly word: string;
  readonly fill: string;
}

export const MARKERS: Readonly<Record<MarkerKind, MarkerLook>> = {
  pass: { sign: "✓", word: "pass", fill: "fill-healthy" },
  hold: { sign: "‖", word: "hold", fill: "fill-degraded" },
  block: { sign: "⊘", word: "block", fill: "fill-unhealthy" },
  freeze: { sign: "❄", word: "frozen", fill: "fill-quiet" },
  alert: { sign: "!", word: "alert", fill: "fill-unhealthy" },
  anomaly: { sign: "◆", word: "anomaly", fill: "fill-ink" },
  note: { sign: "▾", word: "note", fill: "fill-quiet" },
};
