// Alerts about a signal: those whose cause it is, and those that it is part of.
import type { Schemas } from "@/api/schemas";

/** Those of a list that are about a signal. */
export function alertsAbout(
  alerts: readonly Schemas["AlertView"][],
  signal: string,
): Schemas["AlertView"][] {
  const key = `signal:${signal}`;
  return alerts.filter((alert) => alert.key === key || alert.members.includes(key));
}
