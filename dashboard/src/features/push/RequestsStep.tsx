// Steps 7 and 8: the requests, and what the platform said of the audience.
import { usePushRequests } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount, formatShare, plural } from "@/lib/number";
import { formatSpan } from "@/lib/time";
import { Answer } from "@/ui/Answer";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { usePushOf } from "./DueStep";
import { Recorded } from "./Recorded";
import { Step } from "./Step";

type Request = Schemas["PushRequestView"];

/** What was sent, and what came back. */
export function RequestsStep({ decision }: { readonly decision: Schemas["DecisionView"] }) {
  const { push, isLoading, problem } = usePushOf(decision);
  const requests = usePushRequests(
    {
      params: {
        path: { id: decision.audience_id ?? 0, push: push?.id ?? 0 },
        query: { limit: 50 },
      },
    },
    { enabled: push !== undefined },
  );
  if (push === undefined)
    return (
      <Step number={7} title="Requests">
        <p className="text-quiet">
          {decision.push_id === null && "Nothing was sent."}
          {decision.push_id !== null && isLoading && "Loading…"}
          {problem !== null && `The pushes cannot be read: ${problem.message}`}
          {decision.push_id !== null &&
            !isLoading &&
            problem === null &&
            "The push is not among the newest 200 of its audience."}
        </p>
      </Step>
    );
  return (
    <>
      <Step
        number={7}
        title="Requests"
        aside={
          <span className="inline-flex flex-wrap gap-x-4">
            {push.duration_s === null
              ? push.status
              : `${push.status} in ${formatSpan(push.duration_s)}`}
            <Recorded
              subject={`audience:${decision.audience_id}`}
              action="request"
              at={push.started_at}
              is={({ detail }) =>
                typeof detail === "object" &&
                detail !== null &&
                "push" in detail &&
                detail.push === push.id
              }
            />
          </span>
        }
      >
        {push.error !== null && <p>{push.error}</p>}
        <Answer
          asked={requests}
          name="requests"
          height="6rem"
          empty={(data) =>
            rowsOf(data).length === 0 ? (
              <p className="text-quiet">Nothing had to be sent.</p>
            ) : undefined
          }
        >
          {(data) => (
            <Table<Request>
              caption="Requests of the push"
              rows={rowsOf(data)}
              keyOf={(row) => row.seq}
              more={requests}
              columns={[
                { name: "request", cell: (row) => `${row.seq} ${row.operation}` },
                { name: "people", isNumber: true, cell: (row) => formatCount(row.rows) },
                { name: "status", cell: (row) => row.status },
                { name: "attempts", isNumber: true, cell: (row) => row.attempts },
                {
                  name: "ended",
                  from: "sm",
                  cell: (row) => <Time at={row.ended_at} form="clock" none="under way" />,
                },
              ]}
            />
          )}
        </Answer>
      </Step>
      <Step number={8} title="Read-back">
        <p>
          {formatCount(push.sent)} accepted, {formatCount(push.rejected)} rejected,{" "}
          {plural(push.retries, "retry", "retries")}.
        </p>
        <p>
          {push.match_rate === null
            ? "The platform has told no match rate; those that do tell it do so a day or two later."
            : `Match rate ${formatShare(push.match_rate)}.`}
          {push.readback !== null &&
            ` The platform says: ${Object.entries(push.readback)
              .map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`)
              .join(", ")}.`}
        </p>
      </Step>
    </>
  );
}
