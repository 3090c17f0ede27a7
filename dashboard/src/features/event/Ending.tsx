// Whether an anomaly lasts, and how it ended.
import type { Schemas } from "@/api/schemas";
import { Icon } from "@/ui/Icon";

const ENDINGS = {
  recovered: "ended, back to usual",
  adopted: "ended, the new usual",
  silent: "ended, seen no more",
} as const;

/** Whether an anomaly lasts, and how it ended. */
export function Ending({ anomaly }: { readonly anomaly: Schemas["AnomalyView"] }) {
  if (anomaly.ended_at === null)
    return (
      <span className="inline-flex items-baseline gap-1 [&>svg]:self-center text-degraded">
        <Icon name="triangle" /> lasts
      </span>
    );
  return (
    <span title={anomaly.ending === null ? "" : ENDINGS[anomaly.ending]}>
      {anomaly.ending === null ? "ended" : ENDINGS[anomaly.ending]}
    </span>
  );
}
