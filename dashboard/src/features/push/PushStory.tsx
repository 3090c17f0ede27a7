// The story of one push: due, readings, components, verdict, people, plan, requests, read-back.
import { Link } from "@tanstack/react-router";
import { useAudience, useDecision, useGate } from "@/api/cdp";
import { Answer } from "@/ui/Answer";
import { Page } from "@/ui/Page";
import { Verdict } from "@/ui/State";
import { Time } from "@/ui/Time";
import { After } from "./After";
import { ComponentsStep } from "./ComponentsStep";
import { DueStep } from "./DueStep";
import { PeopleStep } from "./PeopleStep";
import { PlanStep } from "./PlanStep";
import { ReadingsStep } from "./ReadingsStep";
import { DecisionRecord } from "./Recorded";
import { RequestsStep } from "./RequestsStep";
import { VerdictStep } from "./VerdictStep";

/** The page of one decision. */
export function PushStory({ id }: { readonly id: number }) {
  const decision = useDecision({ params: { path: { id } } });
  const gate = useGate();
  const audienceId = decision.data?.audience_id ?? null;
  const audience = useAudience(
    { params: { path: { id: audienceId ?? 0 } } },
    { enabled: audienceId !== null },
  );
  const name = audience.data?.name ?? decision.data?.destination ?? "";
  return (
    <Page
      title={decision.data === undefined ? `Decision ${id}` : `The story of a push: ${name}`}
      place="Decisions"
    >
      <Answer asked={decision} name="decision" height="24rem">
        {(data) => (
          <>
            <p className="mb-4 flex flex-wrap items-baseline gap-x-4 gap-y-1">
              <span className="text-heading">
                <Verdict verdict={data.verdict} />
              </span>
              {audienceId === null ? (
                data.destination
              ) : (
                <Link to="/cdp/audience-sync/$id" params={{ id: String(audienceId) }}>
                  {name}
                </Link>
              )}
              <span className="text-quiet">
                judged <Time at={data.decided_at} form="clock" /> (<Time at={data.decided_at} />)
              </span>
            </p>
            <ol className="grid gap-3">
              <DueStep decision={data} audience={audience.data} />
              <ReadingsStep decision={data} />
              <ComponentsStep decision={data} />
              <VerdictStep
                decision={data}
                thresholds={gate.data?.thresholds}
                record={<DecisionRecord decision={data} />}
              />
              <PeopleStep decision={data} audience={audience.data} />
              <PlanStep decision={data} />
              <RequestsStep decision={data} />
              <After decision={data} audience={audience.data} />
            </ol>
          </>
        )}
      </Answer>
    </Page>
  );
}
