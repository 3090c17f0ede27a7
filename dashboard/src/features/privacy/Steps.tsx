// The steps that follow once a person is removed, and the platforms that had them.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { countWords, outcomeWords, plain, stepWords } from "./words";

/** The steps, ticked as they are done. */
export function Steps({ steps }: { readonly steps: readonly Schemas["StepView"][] }) {
  const done = steps.filter(({ at }) => at !== null).length;
  return (
    <Card title="Steps">
      <p role="status" className="mb-2 text-quiet">
        {done} of {steps.length} done
      </p>
      <ol className="grid gap-2" aria-label="Steps">
        {steps.map(({ step, at, removed }) => (
          <li key={step} className="flex items-start gap-2">
            <span className={`mt-1 ${at === null ? "text-unknown" : "text-healthy"}`}>
              <Icon name={at === null ? "ring" : "check"} />
            </span>
            <span className="min-w-0">
              <b>{plain(step)}</b> {at === null ? "is open" : "done "}
              {at !== null && <Time at={at} />}
              <span className="block text-quiet">
                {stepWords(step)}.{" "}
                {countWords(removed) !== "" && `Removed: ${countWords(removed)}.`}
              </span>
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

type Recipient = Schemas["RecipientView"];

/** Every audience that had the person, until its platform has confirmed. */
export function Recipients({ request }: { readonly request: Schemas["RequestDetailView"] }) {
  return (
    <Card title="Platforms">
      {request.recipients.length === 0 ? (
        request.processed_at === null ? (
          <Empty title="Not known yet">
            Platforms are listed once the engine has removed the person.
          </Empty>
        ) : (
          <Empty title="No audience ever had this person" />
        )
      ) : (
        <Table<Recipient>
          caption="Audiences that had the person, and what their platforms confirmed"
          rows={request.recipients}
          keyOf={(row) => row.audience_id}
          columns={[
            { name: "platform", cell: (row) => row.platform },
            {
              name: "audience",
              cell: (row) => (
                <Link to="/cdp/audience-sync/$id" params={{ id: String(row.audience_id) }}>
                  {row.audience}
                </Link>
              ),
            },
            { name: "listed then", from: "sm", cell: (row) => (row.listed ? "yes" : "no") },
            {
              name: "confirmed",
              cell: (row) => <Time at={row.confirmed_at} none="not confirmed" />,
            },
            { name: "outcome", from: "sm", cell: (row) => outcomeWords(row.outcome) },
          ]}
        />
      )}
    </Card>
  );
}
