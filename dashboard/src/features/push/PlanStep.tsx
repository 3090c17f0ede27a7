// Step 6: what it was to change.
import type { Schemas } from "@/api/schemas";
import { formatMoves, formatCount, formatShare } from "@/lib/number";
import { leftOut } from "@/trust/leftOut";
import { usePushOf } from "./DueStep";
import { Step } from "./Step";

/** People added, removed and left out. */
export function PlanStep({ decision }: { readonly decision: Schemas["DecisionView"] }) {
  const { push } = usePushOf(decision);
  const { size } = decision;
  return (
    <Step number={6} title="Plan">
      {size === null ? (
        <p>Its size was not measured: the verdict was clear without it.</p>
      ) : (
        <p>
          <b>{formatMoves(size.adds, size.removes)}</b> of {formatCount(size.before)} on the list
          {size.before > 0 && ` (${formatShare((size.adds + size.removes) / size.before)} of it)`}
          {size.first && ". Nobody was ever put on this audience before"}
        </p>
      )}
      {push !== undefined && Object.keys(push.skipped).length > 0 && (
        <p>Left out: {leftOut(push.skipped)}</p>
      )}
    </Step>
  );
}
