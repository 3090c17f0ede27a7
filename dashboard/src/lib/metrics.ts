// Metrics of signals in words, and their values with units.
import type { Schemas } from "@/api/schemas";
import { formatCount, formatShare } from "@/lib/number";
import { formatMoney } from "@/lib/money";
import { formatSpan } from "@/lib/time";

/** What a metric is called: "order value in EUR"; its unit stands beside its values. */
export function metricName(metric: string): string {
  const [name = "", of] = metric.split(":");
  const words = name.replace(/_ms$/, "").replaceAll("_", " ");
  if (of === undefined) return words;
  return name === "order_value" ? `${words} in ${of}` : `${words} of ${of}`;
}

/** A value of a metric with its unit. */
export function metricValue(metric: string, value: number): string {
  const [name, of] = metric.split(":");
  if (name === "order_value" && of !== undefined) return money(value, of);
  if (name === "latency_ms") return formatSpan(value / 1_000);
  if (name === "match_quality") return `${Number(value.toFixed(1))} of 10`;
  if (name?.endsWith("_share")) return share(value);
  return formatCount(Number(value.toFixed(value < 10 ? 1 : 0)));
}

/** What was expected at an anomaly's peak: "40 (31–74)". */
export function expectedRange(anomaly: Schemas["AnomalyView"]): string {
  const of = (value: number) => metricValue(anomaly.metric, value);
  return `${of(anomaly.expected)} (${of(anomaly.expected_low)}–${of(anomaly.expected_high)})`;
}

/** Ranges of shares may reach below zero; what rounds to zero is zero. */
function share(value: number): string {
  if (Math.abs(value) < 0.0005) return "0 %";
  return value < 0 ? `−${formatShare(-value)}` : formatShare(value);
}

function money(minor: number, currency: string): string {
  const places = placesOf(currency);
  return formatMoney((minor / 10 ** places).toFixed(places), currency);
}

function placesOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2; // no currency that the browser knows
  }
}
