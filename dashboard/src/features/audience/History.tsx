// The pushes of an audience: planned, sent, rejected, left out, and how long each took.
import { Link } from "@tanstack/react-router";
import { usePushHistory } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatMoves, formatCount, formatShare } from "@/lib/number";
import { formatSpan } from "@/lib/time";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Verdict } from "@/ui/State";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Push = Schemas["PushView"];

/** The history, newest first; a row leads to its story. */
export function History({ id }: { readonly id: number }) {
  const history = usePushHistory({ params: { path: { id }, query: { limit: 50 } } });
  return (
    <Card title="Pushes">
      <Answer
        asked={history}
        name="history"
        height="16rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No push yet">
              The first one is planned when it is due and the gate lets it pass.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Push>
            caption="Pushes, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            more={history}
            columns={[
              {
                name: "started",
                cell: (row) =>
                  row.decision_id === null ? (
                    <Time at={row.started_at} form="clock" />
                  ) : (
                    <Link to="/trust/decisions/$id" params={{ id: String(row.decision_id) }}>
                      <Time at={row.started_at} form="clock" />
                    </Link>
                  ),
              },
              { name: "kind", from: "md", cell: (row) => row.kind },
              {
                name: "status",
                cell: (row) => <span title={row.error ?? undefined}>{row.status}</span>,
              },
              {
                name: "gate",
                cell: (row) =>
                  row.verdict === null ? "not judged" : <Verdict verdict={row.verdict} />,
              },
              {
                name: "planned",
                isNumber: true,
                cell: (row) => formatMoves(row.adds, row.removes),
              },
              {
                name: "accepted",
                isNumber: true,
                from: "sm",
                cell: (row) => formatCount(row.sent),
              },
              {
                name: "rejected",
                isNumber: true,
                from: "sm",
                cell: (row) => formatCount(row.rejected),
              },
              {
                name: "left out",
                isNumber: true,
                from: "lg",
                cell: (row) => (
                  <span
                    title={Object.entries(row.skipped)
                      .map(([why, count]) => `${count} ${why}`)
                      .join(", ")}
                  >
                    {formatCount(Object.values(row.skipped).reduce((sum, count) => sum + count, 0))}
                  </span>
                ),
              },
              {
                name: "match",
                isNumber: true,
                from: "md",
                cell: (row) => (row.match_rate === null ? "not told" : formatShare(row.match_rate)),
              },
              {
                name: "took",
                isNumber: true,
                from: "lg",
                cell: (row) => (row.duration_s === null ? "–" : formatSpan(row.duration_s)),
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
