// Steps 6 to 9 of a push that has not been yet: what it would change, measured on demand.
import { usePreviewPush } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount, formatEstimate, plural } from "@/lib/number";
import { leftOut } from "@/trust/leftOut";
import { ProblemText } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { Verdict } from "@/ui/State";
import { Step } from "./Step";

type Preview = Schemas["PushPreviewView"];

/** The plan: nothing is sent or recorded by measuring it. */
export function NextPlan({ id }: { readonly id: number }) {
  const preview = usePreviewPush();
  const plan = preview.data;
  return (
    <>
      <Step number={6} title="Plan" aside="nothing is sent or recorded">
        {plan !== undefined && <Plan plan={plan} />}
        <p>
          <Button
            isBusy={preview.isPending}
            onClick={() => preview.mutate({ params: { path: { id } } })}
          >
            {plan === undefined ? "Measure the next push" : "Measure again"}
          </Button>
        </p>
        {preview.error !== null && <ProblemText problem={preview.error} />}
      </Step>
      <Step number={7} title="Requests">
        <p>
          {plan === undefined
            ? "Their number is known once it is measured."
            : `${plural(plan.requests, "request", "requests")}: removals first, then additions.`}
        </p>
      </Step>
      <Step number={8} title="Read-back">
        <p>What the platform accepts and says of its list is read once the push is sent.</p>
      </Step>
      <Step number={9} title="Before and afterwards">
        <p>
          {plan === undefined
            ? "What the list would hold is known once it is measured."
            : `${formatCount(plan.listed)} listed now, ${formatEstimate(
                plan.listed + plan.come - plan.go,
                plan.exact,
              )} if it goes as planned.`}
        </p>
      </Step>
    </>
  );
}

function Plan({ plan }: { readonly plan: Preview }) {
  return (
    <>
      <p>
        <b>
          {formatEstimate(plan.come, plan.exact)} come, {formatEstimate(plan.go, plan.exact)} go
        </b>
        ; {formatCount(plan.listed)} are on the list, {formatCount(plan.members)} in the segment.
      </p>
      <p>
        Left out: {leftOut(plan.skipped, plan.exact)}
        {plan.held_out > 0 && `; ${formatCount(plan.held_out)} held out`}
      </p>
      <p>
        By its size the gate says <Verdict verdict={plan.verdict} />: {plan.reasons.join("; ")}
      </p>
    </>
  );
}
