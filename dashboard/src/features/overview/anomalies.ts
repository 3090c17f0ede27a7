// Anomalies as marks of the volume chart: each with the range that was expected.
import type { Schemas } from "@/api/schemas";
import type { Marker, TimeSpan } from "@/chart/types";
import { expectedRange, metricName, metricValue } from "@/lib/metrics";

type Anomaly = Schemas["AnomalyView"];

/** Marks of a range, and the anomalies that they stand for. */
export interface Marks {
  readonly shown: readonly Anomaly[];
  readonly markers: readonly Marker[];
  /** Of the volume alone: other metrics say nothing about how much came. */
  readonly spans: readonly TimeSpan[];
}

/** An anomaly in words: "events of web: 12 instead of 52 (31–74)". */
export function wordsOf(anomaly: Anomaly, nameOf: (signal: string) => string): string {
  const value = metricValue(anomaly.metric, anomaly.value);
  return `${metricName(anomaly.metric)} of ${nameOf(anomaly.signal)}: ${value} instead of ${expectedRange(anomaly)}`;
}

/** The marks of a range; an anomaly whose furthest point lies outside stands at its edge. */
export function marksOf(
  anomalies: readonly Anomaly[],
  since: number,
  until: number,
  nameOf: (signal: string) => string,
): Marks {
  const shown = anomalies.filter(
    (each) =>
      Date.parse(each.started_at) < until &&
      (each.ended_at === null || Date.parse(each.ended_at) >= since),
  );
  return {
    shown,
    markers: shown.map((each) => ({
      at: Math.max(since, Math.min(until, Date.parse(each.peak_at))),
      kind: "anomaly",
      label: wordsOf(each, nameOf),
    })),
    spans: shown
      .filter((each) => each.metric === "events")
      .map((each) => ({
        since: Date.parse(each.started_at),
        until: each.ended_at === null ? null : Date.parse(each.ended_at),
        label: wordsOf(each, nameOf),
      })),
  };
}
