// Dead letters by reason and source: what is wrong most.
import { Link } from "@tanstack/react-router";
import { useDeadLetterCounts } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatEstimate } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { Ticked } from "@/ui/Ticked";
import { Time } from "@/ui/Time";
import { useLetterFilter } from "./filter";
import { useSourceName } from "./sources";

type Group = Schemas["DeadLetterGroupView"];

/** The groups; one that is pressed is the filter of the list below. */
export function Groups() {
  const counts = useDeadLetterCounts();
  const { search } = useLetterFilter();
  const sourceName = useSourceName();
  const isChosen = (row: Group) =>
    row.reason === search.reason &&
    (row.source_id === null
      ? search.source === undefined
      : String(row.source_id) === search.source);
  return (
    <Card title="By reason and source">
      <Answer
        asked={counts}
        name="groups"
        height="8rem"
        empty={({ items }) =>
          items.length === 0 ? (
            <Empty title="No dead letter">
              Records that the engine cannot understand are kept here with the reason, and can be
              tried again.
            </Empty>
          ) : undefined
        }
      >
        {({ items, exact }) => (
          <>
            {!exact && (
              <p className="mb-2 text-note text-quiet">
                Only the newest are counted: there are more of them.
              </p>
            )}
            <Table<Group>
              caption="Dead letters by reason and source, most open first"
              rows={items}
              keyOf={(row) => `${row.reason} ${row.source_id}`}
              isCurrent={isChosen}
              columns={[
                {
                  name: "reason",
                  cell: (row) => (
                    <>
                      <Link
                        to="."
                        search={(earlier) => ({
                          ...earlier,
                          reason: row.reason,
                          source: row.source_id === null ? undefined : String(row.source_id),
                        })}
                      >
                        {row.reason.replaceAll("_", " ")}
                      </Link>
                      <span className="block text-quiet">
                        <Ticked text={row.explanation} />
                      </span>
                    </>
                  ),
                },
                { name: "source", from: "sm", cell: (row) => sourceName(row.source_id) },
                {
                  name: "open",
                  isNumber: true,
                  cell: (row) => formatEstimate(row.open, exact),
                },
                {
                  name: "retrying",
                  isNumber: true,
                  from: "md",
                  cell: (row) => formatEstimate(row.retrying, exact),
                },
                {
                  name: "resolved",
                  isNumber: true,
                  from: "md",
                  cell: (row) => formatEstimate(row.resolved, exact),
                },
                { name: "newest", from: "sm", cell: (row) => <Time at={row.newest_at} /> },
              ]}
            />
          </>
        )}
      </Answer>
    </Card>
  );
}
