// What happened around a signal, as marks on the axis of its chart.
import type { Schemas } from "@/api/schemas";
import type { Marker } from "@/chart/types";
import { alertsAbout } from "./about";

/** Verdicts on pushes that depend on a signal. */
export function decisionMarks(
  decisions: readonly Schemas["DecisionView"][],
  signal: string,
): Marker[] {
  return decisions
    .filter((decision) => decision.depends_on.includes(signal))
    .map((decision) => ({
      at: Date.parse(decision.decided_at),
      kind: decision.verdict,
      label: `${decision.verdict}: ${decision.destination}`,
    }));
}

/** Alerts about a signal, where they were opened. */
export function alertMarks(alerts: readonly Schemas["AlertView"][], signal: string): Marker[] {
  return alertsAbout(alerts, signal).map((alert) => ({
    at: Date.parse(alert.opened_at),
    kind: "alert",
    label: `${alert.id}, ${alert.severity}: ${alert.summary}`,
  }));
}
