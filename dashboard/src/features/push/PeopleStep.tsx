// Step 5: who let it pass, if anybody did.
import { useSaid } from "@/api/cdp";
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
  const isSaid = id !== null;
  const found = useSaid({ params: { path: { kind, id: id ?? 0 } } }, { enabled: isSaid }).data;
  const said = found?.id === id && `${found.kind}s` === kind ? found : undefined;
  const subject =
    decision.release_id === null
      ? `override:${decision.override_id}`
      : `release:${decision.release_id}`;
  return (
    <Step number={5} title="People" aside={isSaid && <Recorded subject={subject} />}>
      {!isSaid && <p>Nobody intervened.</p>}
      {isSaid && said === undefined && (
        <p>
          {decision.release_id === null
            ? `Override ${decision.override_id}`
            : `Release ${decision.release_id}`}{" "}
          let it pass; the audit log has it.
        </p>
      )}
      {said !== undefined && (
        <p>
          “{said.reason}”, {said.author_name ?? said.author}
          {said.approved_by !== null && (
            <>, approved by {said.approved_by_name ?? said.approved_by}</>
          )}
          , <Time at={said.created_at} form="clock" />
        </p>
      )}
      {audience !== undefined && decision.verdict !== "pass" && <Intervene audience={audience} />}
    </Step>
  );
}
