// Step 1: why there was anything to judge.
import { usePushHistory } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatSpan } from "@/lib/time";
import { rowsOf } from "@/ui/Table";
import { Step } from "./Step";

interface Props {
  readonly decision: Schemas["DecisionView"];
  readonly audience: Schemas["AudienceView"] | undefined;
}

const KINDS: Record<string, string> = {
  scheduled: "Its interval had passed.",
  manual: "Somebody asked for it.",
  urgent: "People withdrew their consent.",
  delete: "The audience is being deleted.",
};
const ACTIONS: Record<string, string> = {
  push: "A push of the net changes",
  urgent_removal: "Removals that always go",
  delete: "The audience's deletion",
};

/** What was proposed, and why then. */
export function DueStep({ decision, audience }: Props) {
  const { push, isLoading } = usePushOf(decision);
  return (
    <Step number={1} title="Due" aside={ACTIONS[decision.action] ?? decision.action}>
      <p>
        {push !== undefined
          ? KINDS[push.kind]
          : isLoading
            ? "…"
            : "Changes waited for this audience."}{" "}
        {audience !== undefined &&
          (audience.interval_s === 0
            ? "It follows its segment at once."
            : `It is scheduled every ${formatSpan(audience.interval_s)}.`)}
      </p>
    </Step>
  );
}

/** The push that a decision let pass, while it is among the newest of its audience. */
export function usePushOf(decision: Schemas["DecisionView"]) {
  const history = usePushHistory(
    { params: { path: { id: decision.audience_id ?? 0 }, query: { limit: 200 } } },
    { enabled: decision.audience_id !== null && decision.push_id !== null },
  );
  const push = rowsOf(history.data).find((each) => each.id === decision.push_id);
  return { push, isLoading: history.isLoading, problem: history.error };
}
