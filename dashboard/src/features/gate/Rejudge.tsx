// Try other thresholds on past pushes: what would have passed, held or been blocked.
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useGate, useRejudge } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { DAY } from "@/lib/time";
import { codeText } from "@/trust/codes";
import { ProblemText } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { Verdict } from "@/ui/State";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { THRESHOLDS } from "./thresholds";

const TRIED = ["healthy", "degraded", "minimum_sample", "remove_share", "add_share"] as const;
const DAYS = [1, 7, 30];

/** The form and its matrix. Nothing is recorded or done. */
export function Rejudge() {
  const thresholds = useGate().data?.thresholds;
  const rejudge = useRejudge();
  const [changed, setChanged] = useState<Partial<Record<(typeof TRIED)[number], string>>>({});
  const [days, setDays] = useState(7);
  const id = useId();
  const submit = () =>
    rejudge.mutate({
      body: {
        since: new Date(Date.now() - days * DAY).toISOString(),
        until: new Date().toISOString(),
        thresholds: Object.fromEntries(
          Object.entries(changed)
            .filter(([, text]) => text !== "")
            .map(([name, text]) => [name, Number(text)]),
        ),
      },
    });
  return (
    <Card title="Try other thresholds">
      <p className="mb-3 text-quiet">
        Past decisions are judged again with them. Nothing is recorded or done.
      </p>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="grid grid-cols-[repeat(auto-fit,minmax(12rem,1fr))] gap-3">
          {TRIED.map((name) => (
            <div key={name} className="grid gap-1">
              <label htmlFor={id + name}>
                <code>{name}</code>
              </label>
              <input
                id={id + name}
                type="number"
                step="any"
                min={0}
                placeholder={String(thresholds?.[name] ?? "")}
                value={changed[name] ?? ""}
                aria-describedby={`${id + name}d`}
                onChange={(event) => setChanged({ ...changed, [name]: event.target.value })}
              />
              <p id={`${id + name}d`} className="text-note text-quiet">
                {THRESHOLDS[name]}
              </p>
            </div>
          ))}
        </div>
        <p className="flex flex-wrap items-center gap-3">
          <Choice
            label="Past"
            value={String(days)}
            any="1 day"
            options={DAYS.slice(1).map((each) => [String(each), `${each} days`])}
            onChange={(next) => setDays(Number(next ?? 1))}
          />
          <Button type="submit" look="main" isBusy={rejudge.isPending}>
            {rejudge.isPending ? "Judging…" : "Judge again"}
          </Button>
        </p>
      </form>
      {rejudge.error !== null && <ProblemText problem={rejudge.error} />}
      {rejudge.data !== undefined && <Outcome outcome={rejudge.data} />}
    </Card>
  );
}

function Outcome({ outcome }: { readonly outcome: Schemas["RejudgeView"] }) {
  return (
    <div role="status" className="mt-4 grid gap-3">
      <p>
        {formatCount(outcome.judged)} decisions judged again
        {outcome.complete ? "" : ", the newest of the range: there are more"}.
      </p>
      <ul className="list-disc pl-5">
        {Object.entries(outcome.counts).map(([change, count]) => (
          <li key={change}>
            {change.replaceAll("_", " ")}: {formatCount(count)}
          </li>
        ))}
      </ul>
      {outcome.differing.length > 0 && (
        <Table<Schemas["RejudgedView"]>
          caption="Decisions that would differ"
          rows={outcome.differing}
          keyOf={(row) => row.decision_id}
          columns={[
            {
              name: "decided",
              cell: (row) => (
                <Link to="/trust/decisions/$id" params={{ id: String(row.decision_id) }}>
                  <Time at={row.decided_at} form="clock" />
                </Link>
              ),
            },
            { name: "destination", cell: (row) => row.destination },
            { name: "was", cell: (row) => <Verdict verdict={row.past} /> },
            { name: "would be", cell: (row) => <Verdict verdict={row.now} /> },
            {
              name: "reasons",
              cell: (row) => row.codes.map((code) => codeText(code).name).join(", "),
            },
          ]}
        />
      )}
    </div>
  );
}
