// Anomalies of the range: what was odd, since when, and how far from what was expected.
import { Link } from "@tanstack/react-router";
import { useEventAnomalies } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatShare } from "@/lib/number";
import { useSignalName } from "@/trust/names";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { useAskedEvents } from "./asked";
import { Ending } from "./Ending";
import { expectedRange, metricName, metricValue } from "@/lib/metrics";
import { Picture } from "./Picture";

type Anomaly = Schemas["AnomalyView"];

/** The anomalies that touch the page's range. */
export function Anomalies() {
  const { search, since, until, change } = useAskedEvents();
  const signal = search.source === undefined ? {} : { signal: `source:${search.source}` };
  const anomalies = useEventAnomalies({ params: { query: { limit: 100, ...signal } } });
  const nameOf = useSignalName();
  const touches = (each: Anomaly) =>
    Date.parse(each.started_at) < Date.parse(until) &&
    (each.ended_at === null || Date.parse(each.ended_at) > Date.parse(since));
  return (
    <Card title="Anomalies">
      <Answer
        asked={anomalies}
        name="anomalies"
        height="6rem"
        empty={(data) =>
          rowsOf(data).filter(touches).length === 0 && !anomalies.hasNextPage ? (
            <Empty title="No anomaly in this range">
              A metric whose value is far from what its past lets expect is listed here. A new
              signal is watched for about a day before anything counts as odd.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Anomaly>
            caption="Anomalies, newest first"
            rows={rowsOf(data).filter(touches)}
            keyOf={(row) => row.id}
            isCurrent={(row) => row.id === search.anomaly}
            more={anomalies}
            columns={[
              {
                name: "metric",
                cell: (row) => (
                  <Link to="." search={(earlier) => ({ ...earlier, anomaly: row.id })}>
                    {metricName(row.metric)}
                  </Link>
                ),
              },
              {
                name: "signal",
                from: "sm",
                cell: (row) => (
                  <Link to="/trust/signals/$signal" params={{ signal: row.signal }}>
                    {nameOf(row.signal)}
                  </Link>
                ),
              },
              { name: "since", from: "md", cell: (row) => <Time at={row.started_at} /> },
              { name: "state", cell: (row) => <Ending anomaly={row} /> },
              {
                name: "value",
                isNumber: true,
                cell: (row) => metricValue(row.metric, row.value),
              },
              { name: "expected", from: "sm", isNumber: true, cell: expectedRange },
              {
                name: "score",
                from: "lg",
                isNumber: true,
                cell: (row) => formatShare(row.score),
              },
            ]}
          />
        )}
      </Answer>
      <Picture id={search.anomaly} onClose={() => change({ anomaly: undefined })} />
    </Card>
  );
}
