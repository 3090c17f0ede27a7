// An alert's severity: shape, word and colour; resolved ones are quiet.
import type { Schemas } from "@/api/schemas";
import { Icon, type IconName } from "@/ui/Icon";

type Alert = Schemas["AlertView"];
const LOOKS: Record<Alert["severity"], { icon: IconName; colour: string }> = {
  info: { icon: "ring", colour: "text-unknown" },
  warning: { icon: "triangle", colour: "text-degraded" },
  critical: { icon: "square", colour: "text-unhealthy" },
};

/** The severity now, or that it is resolved. */
export function Severity({ alert }: { readonly alert: Alert }) {
  if (alert.resolved_at !== null)
    return (
      <span className="inline-flex items-baseline gap-1 [&>svg]:self-center text-quiet">
        <Icon name="check" />
        resolved, {alert.worst} at worst
      </span>
    );
  const { icon, colour } = LOOKS[alert.severity];
  return (
    <span className={`inline-flex items-baseline gap-1 [&>svg]:self-center ${colour}`}>
      <Icon name={icon} />
      {alert.severity}
    </span>
  );
}
