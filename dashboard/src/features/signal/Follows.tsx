// What follows from a signal's state: audiences that depend on it, alerts that it is part of.
import { Link } from "@tanstack/react-router";
import { useDecisions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useDestinationName } from "@/trust/names";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Verdict } from "@/ui/State";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { alertsAbout } from "./about";
import { LOOKED_AT, useNewestAlerts } from "./alerts";

type Decision = Schemas["DecisionView"];

/** Consequences, each a link. */
export function Follows({ signal }: { readonly signal: string }) {
  const decisions = useDecisions({ params: { query: { limit: 200 } } });
  const alerts = useNewestAlerts();
  const nameOf = useDestinationName();
  return (
    <Card title="What follows">
      <Answer asked={decisions} name="decisions" height="4rem">
        {(data) => {
          const newest = newestByDestination(rowsOf(data), signal);
          if (newest.length === 0)
            return (
              <p className="text-quiet">None of the newest 200 decisions depends on this signal.</p>
            );
          return (
            <ul className="grid gap-1">
              {newest.map((decision) => (
                <li key={decision.id} className="flex flex-wrap items-baseline gap-x-3">
                  <Verdict verdict={decision.verdict} />
                  <Link to="/trust/decisions/$id" params={{ id: String(decision.id) }}>
                    {nameOf(decision.destination)}
                  </Link>
                  <span className="text-quiet">
                    <Time at={decision.decided_at} />
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Answer>
      <Answer asked={alerts} name="alerts" height="2rem">
        {({ items }) => {
          const own = alertsAbout(items, signal);
          if (own.length === 0)
            return (
              <p className="mt-3 text-quiet">None of the newest {LOOKED_AT} alerts is about it.</p>
            );
          return (
            <ul className="mt-3 grid gap-1">
              {own.slice(0, 5).map((alert) => (
                <li key={alert.id}>
                  <Link to="/trust/alerts/$id" params={{ id: String(alert.id) }}>
                    Alert {alert.id}
                  </Link>{" "}
                  {alert.resolved_at === null ? <b>{alert.severity}, lasts</b> : "resolved"} since{" "}
                  <Time at={alert.opened_at} form="clock" />
                </li>
              ))}
            </ul>
          );
        }}
      </Answer>
    </Card>
  );
}

/** The newest decision of each destination that depends on a signal. */
function newestByDestination(decisions: readonly Decision[], signal: string): Decision[] {
  const newest = new Map<string, Decision>();
  for (const decision of decisions)
    if (decision.depends_on.includes(signal) && !newest.has(decision.destination))
      newest.set(decision.destination, decision);
  return [...newest.values()];
}
