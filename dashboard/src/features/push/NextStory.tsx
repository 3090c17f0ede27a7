// The next push of an audience, told like one that was: readings, verdict, people, and the plan.
import { Link } from "@tanstack/react-router";
import { useAudience, useAudienceGate } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { formatSpan } from "@/lib/time";
import { Answer } from "@/ui/Answer";
import { Page } from "@/ui/Page";
import { Verdict } from "@/ui/State";
import { Time } from "@/ui/Time";
import { ComponentsStep } from "./ComponentsStep";
import { Intervene } from "./Intervene";
import { NextPlan } from "./NextPlan";
import { ReadingsStep } from "./ReadingsStep";
import { Step } from "./Step";
import { VerdictStep } from "./VerdictStep";

interface Props {
  /** The audience. */
  readonly id: number;
}

/** The page of a push that has not been yet. */
export function NextStory({ id }: Props) {
  const params = { params: { path: { id } } };
  const audience = useAudience(params);
  const judged = useAudienceGate(params);
  const name = audience.data?.name ?? `audience ${id}`;
  return (
    <Page title={`The next push: ${name}`} place="Decisions">
      <Answer asked={judged} name="gate's verdict" height="24rem">
        {(data) => {
          const read = {
            reading_ids: data.depends_on.flatMap((each) => each.reading_id ?? []),
            depends_on: data.depends_on.map((each) => each.signal),
            states: new Map(data.depends_on.map((each) => [each.reading_id, each.status])),
            codes: data.codes,
            decided_at: new Date(judged.dataUpdatedAt).toISOString(),
          };
          return (
            <>
              <p className="mb-4 flex flex-wrap items-baseline gap-x-4 gap-y-1">
                <span className="text-heading">
                  <Verdict verdict={data.mode === "frozen" ? "frozen" : data.verdict} />
                </span>
                <Link to="/cdp/audience-sync/$id" params={{ id: String(id) }}>
                  {name}
                </Link>
                <span className="text-quiet">as it is now; nothing of it is sent or recorded</span>
              </p>
              <ol className="grid gap-3">
                {audience.data !== undefined && <Due audience={audience.data} />}
                <ReadingsStep decision={read} />
                <ComponentsStep decision={read} />
                <VerdictStep
                  decision={{ ...data, would: null }}
                  thresholds={data.thresholds}
                  record="without its size, until it is measured"
                />
                <People audience={audience.data} said={data.interventions} />
                <NextPlan id={id} />
              </ol>
            </>
          );
        }}
      </Answer>
    </Page>
  );
}

function Due({ audience }: { readonly audience: Schemas["AudienceView"] }) {
  return (
    <Step number={1} title="Due">
      <p>
        {audience.requested_at !== null && (
          <>
            Somebody asked for it <Time at={audience.requested_at} />.{" "}
          </>
        )}
        {audience.interval_s === 0
          ? "It follows its segment at once."
          : `It is scheduled every ${formatSpan(audience.interval_s)}.`}{" "}
        {audience.next_due_at === null ? (
          audience.status === "active" ? (
            "No instant is set."
          ) : (
            `The audience is ${audience.status}: none is planned.`
          )
        ) : (
          <>
            Due <Time at={audience.next_due_at} form="clock" /> (<Time at={audience.next_due_at} />
            ).
          </>
        )}
      </p>
    </Step>
  );
}

interface PeopleProps {
  readonly audience: Schemas["AudienceView"] | undefined;
  readonly said: readonly Schemas["SaidView"][];
}

/** What people have said that bears on it, and what they can say. */
function People({ audience, said }: PeopleProps) {
  const inForce = said.filter(({ state }) => state === "in_force").length;
  return (
    <Step number={5} title="People" aside={`${formatCount(inForce)} in force`}>
      {said.length === 0 && <p>Nobody let it pass.</p>}
      {said.map((each) => (
        <p key={`${each.kind} ${each.id}`}>
          {each.kind} {each.id}: “{each.reason}”, {each.author_name ?? each.author}, until{" "}
          <Time at={each.expires_at} form="clock" />
          {each.approved_by !== null &&
            `, approved by ${each.approved_by_name ?? each.approved_by}`}
          {each.state === "unapproved" && "; it waits for a second person"}
        </p>
      ))}
      {audience !== undefined && <Intervene audience={audience} isNext />}
    </Step>
  );
}
