// What on-call can do about a signal: acknowledge its alerts, override reasons of the gate.
import { Acknowledge } from "@/trust/Acknowledge";
import { Override } from "@/trust/Override";
import { alertsAbout } from "./about";
import { useNewestAlerts } from "./alerts";

/** The acts; an alert that is resolved or looked after needs none. */
export function SignalActs({ signal }: { readonly signal: string }) {
  const alerts = useNewestAlerts().data?.items ?? [];
  const open = alertsAbout(alerts, signal).filter(
    (alert) => alert.resolved_at === null && alert.acknowledged_at === null,
  );
  return (
    <>
      {open.map(({ id }) => (
        <Acknowledge key={id} id={id} name={`Acknowledge alert ${id}…`} />
      ))}
      <Override />
    </>
  );
}
