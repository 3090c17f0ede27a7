// Alerts: those that last first, then what was resolved.
import { Link } from "@tanstack/react-router";
import { useAlertHistory, useDeadNotices, useRetryNotices } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { Act } from "@/ui/Act";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Severity } from "./Severity";

type Alert = Schemas["AlertView"];

/** All alerts, and notices that were given up. */
export function AlertList() {
  const alerts = useAlertHistory({ params: { query: { limit: 50 } } });
  return (
    <>
      <GivenUp />
      <Card title="Alerts">
        <Answer
          asked={alerts}
          name="alerts"
          height="20rem"
          empty={(data) =>
            rowsOf(data).length === 0 ? (
              <Empty title="No alert so far">
                One opens when a signal is sick, a push is held or fails, or the engine does not get
                on.
              </Empty>
            ) : undefined
          }
        >
          {(data) => (
            <Table<Alert>
              caption="Alerts, lasting ones first"
              rows={rowsOf(data).toSorted(
                (one, other) =>
                  Number(one.resolved_at !== null) - Number(other.resolved_at !== null),
              )}
              keyOf={(row) => row.id}
              more={alerts}
              columns={[
                { name: "severity", cell: (row) => <Severity alert={row} /> },
                {
                  name: "what",
                  cell: (row) => (
                    <Link to="/trust/alerts/$id" params={{ id: String(row.id) }}>
                      {row.summary}
                    </Link>
                  ),
                },
                {
                  name: "since",
                  from: "sm",
                  cell: (row) => <Time at={row.opened_at} form="clock" />,
                },
                {
                  name: "resolved",
                  from: "md",
                  cell: (row) => <Time at={row.resolved_at} form="clock" none="lasts" />,
                },
                {
                  name: "acknowledged",
                  from: "lg",
                  cell: (row) =>
                    row.acknowledged_at === null
                      ? "by nobody"
                      : (row.acknowledged_by_name ?? row.acknowledged_by),
                },
              ]}
            />
          )}
        </Answer>
      </Card>
    </>
  );
}

function GivenUp() {
  const dead = useDeadNotices();
  const retry = useRetryNotices();
  const refusal = useRefusal(retry.scopes);
  const notices = dead.data ?? [];
  if (notices.length === 0) return null;
  return (
    <Card
      title={plural(notices.length, "notice was given up", "notices were given up")}
      aside={
        <Act
          name="Send again…"
          verb="Send again"
          done="The notices are sent again."
          hasReason={false}
          refusal={refusal}
          effect={<p>All {notices.length} are tried again, each over its channel.</p>}
          act={() => retry.mutateAsync({})}
        />
      }
    >
      <ul className="grid gap-1">
        {notices.slice(0, 10).map((notice) => (
          <li key={notice.id}>
            {notice.channel}: {notice.step}, {plural(notice.attempts, "attempt", "attempts")}
            {notice.error === "" ? "" : `, ${notice.error}`}
          </li>
        ))}
      </ul>
    </Card>
  );
}
