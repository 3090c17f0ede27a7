// Step 5: who let it pass, if anybody did.
import { useIntervention } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Time } from "@/ui/Time";
import { Intervene } from "./Intervene";
import { Recorded } from "./Recorded";
import { Step } from "./Step";

interface Props {
  readonly decision: Schemas["DecisionView"];
  readonly audience: Schemas["AudienceView"] | undefined;
}

/** The release or override that the decision rests on. */
export function PeopleStep({ decision, audience }: Props) {
  const id = decision.release_id ?? decision.override_id;
  const kind = decision.release_id === null ? "overrides" : "releases";
  const hasIntervened = id !== null;
  const found = useIntervention(
    { params: { path: { kind, id: id ?? 0 } } },
    { enabled: hasIntervened },
  ).data;
  const intervention = found?.id === id && `${found.kind}s` === kind ? found : undefined;
  const subject =
    decision.release_id === null
      ? `override:${decision.override_id}`
      : `release:${decision.release_id}`;
  return (
    <Step number={5} title="People" aside={hasIntervened && <Recorded subject={subject} />}>
      {!hasIntervened && <p>Nobody intervened.</p>}
      {hasIntervened && intervention === undefined && (
        <p>
          {decision.release_id === null
            ? `Override ${decision.override_id}`
            : `Release ${decision.release_id}`}{" "}
          let it pass; the audit log has it.
        </p>
      )}
      {intervention !== undefined && (
        <p>
          “{intervention.reason}”, {intervention.author_name ?? intervention.author}
          {intervention.approved_by !== null && (
            <>, approved by {intervention.approved_by_name ?? intervention.approved_by}</>
          )}
          , <Time at={intervention.created_at} form="clock" />
        </p>
      )}
      {audience !== undefined && decision.verdict !== "pass" && <Intervene audience={audience} />}
    </Step>
  );
}
