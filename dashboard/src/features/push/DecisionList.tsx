// Decisions of the gate, newest first, by verdict, reason, audience and range.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAudiences, useDecisions } from "@/api/cdp";
import { useEvery } from "@/api/every";
import type { Schemas } from "@/api/schemas";
import { CODES, codeText } from "@/trust/codes";
import { destinationName } from "@/trust/called";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { useMinute } from "@/ui/clock";
import { Verdict } from "@/ui/State";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { VERDICTS, type PushSearch } from "./address";
import { askedOf } from "./asked";

type Decision = Schemas["DecisionView"];

interface Props {
  readonly search: PushSearch;
  readonly onSearch: (search: PushSearch) => void;
}

/** The list with its filters, which stand in the address. */
export function DecisionList({ search, onSearch }: Props) {
  const { verdict, code, audience } = search;
  // As of when the list was opened: a begin that moves would read it anew under the pointer.
  const [opened] = useState(useMinute());
  const asked = askedOf(search, opened);
  const decisions = useDecisions({ params: { query: { ...asked, limit: 50 } } });
  const audiences = useEvery(useAudiences({ params: { query: { limit: 200 } } }));
  const isFiltered = verdict !== undefined || code !== undefined || audience !== undefined;
  return (
    <Card
      title="Decisions"
      aside={
        <span className="flex flex-wrap gap-3">
          <Choice
            label="Verdict"
            value={verdict}
            options={VERDICTS.map((each) => [each, each])}
            onChange={(next) =>
              onSearch({ ...search, verdict: VERDICTS.find((each) => each === next) })
            }
          />
          <Choice
            label="Reason"
            value={code}
            options={Object.entries(CODES).map(([name, text]) => [name, text.name])}
            onChange={(next) => onSearch({ ...search, code: next })}
          />
          <Choice
            label="Audience"
            value={audience}
            isCut={audiences.isCut}
            options={audiences.rows.map((each) => [String(each.id), each.name])}
            onChange={(next) => onSearch({ ...search, audience: next })}
          />
        </span>
      }
    >
      <Answer
        asked={decisions}
        name="decisions"
        height="24rem"
        empty={(data) => {
          if (rowsOf(data).length > 0) return undefined;
          return isFiltered ? (
            <Empty title="No decision matches these filters">
              <button
                type="button"
                className="underline"
                onClick={() =>
                  onSearch({ range: search.range, since: search.since, until: search.until })
                }
              >
                Clear filters
              </button>
            </Empty>
          ) : (
            <Empty title="No decision in this range">
              The gate decides whenever a push of an audience is due.
            </Empty>
          );
        }}
      >
        {(data) => (
          <Table<Decision>
            caption="Decisions, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            more={decisions}
            columns={[
              {
                name: "decided",
                cell: (row) => (
                  <Link to="/trust/decisions/$id" params={{ id: String(row.id) }}>
                    <Time at={row.decided_at} form="clock" />
                  </Link>
                ),
              },
              { name: "verdict", cell: (row) => <Verdict verdict={row.verdict} /> },
              {
                name: "destination",
                cell: (row) => destinationName(audiences.rows, row.destination),
              },
              {
                name: "reasons",
                cell: (row) => row.codes.map((each) => codeText(each).name).join(", "),
              },
              {
                name: "the gate itself",
                from: "md",
                cell: (row) => (row.would === null ? "the same" : <Verdict verdict={row.would} />),
              },
              {
                name: "let pass by",
                from: "lg",
                cell: (row) =>
                  row.release_id !== null
                    ? `release ${row.release_id}`
                    : row.override_id !== null
                      ? `override ${row.override_id}`
                      : "nobody",
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
