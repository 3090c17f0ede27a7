// The totals: people, events today, orders, revenue, rejected; each with its last hours.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHours, useProfileStatistics } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Spark } from "@/chart/Spark";
import { metricValue } from "@/lib/metrics";
import { formatMoney } from "@/lib/money";
import { HOUR } from "@/lib/time";
import { Answer } from "@/ui/Answer";
import { Figure } from "@/ui/Figure";
import { useDay } from "./day";
import { movementOf, pointsOf, revenueIn } from "./hours";

/** The row of figures below the first card. */
export function Figures() {
  const statistics = useProfileStatistics();
  const hours = useHours();
  const { midnight, trends } = useDay();
  const today = trends.data?.names
    .flatMap((name) => name.points)
    .filter((point) => Date.parse(point.at) >= midnight)
    .reduce((sum, point) => sum + point.events, 0);
  const spark = (
    name: string,
    count: (hour: Schemas["HourView"]) => number,
    textOf?: (value: number) => string,
  ): ReactNode => {
    if (hours.data === undefined) return hours.error === null ? null : <Unknown />;
    const points = pointsOf(hours.data, count);
    return (
      <p className="my-1">
        <Spark summary={movementOf(name, points, textOf)} points={points} step={HOUR} />
      </p>
    );
  };
  return (
    <Answer asked={statistics} name="totals" height="9rem">
      {(data) => (
        <div className="grid grid-cols-[repeat(auto-fit,minmax(10rem,1fr))] gap-4">
          <Figure
            name="People"
            value={data.people.value}
            isExact={data.people.exact}
            asOf={data.as_of}
            link={<Link to="/cdp/profiles">People</Link>}
          >
            {spark("New people", (hour) => hour.people_created)}
          </Figure>
          <Figure
            name="Events today"
            value={today}
            asOf={trends.data === undefined ? null : data.as_of}
            link={<Link to="/cdp/events">Events today</Link>}
          >
            {spark("Events", (hour) => hour.events)}
          </Figure>
          <Figure name="Orders" value={data.orders} asOf={data.as_of}>
            {spark("Orders", (hour) => hour.orders)}
          </Figure>
          {data.revenue.length === 0 ? (
            <Figure name="Revenue" value={null} text="no orders yet" asOf={data.as_of} />
          ) : (
            data.revenue.map(({ currency, amount }) => (
              <Figure
                key={currency}
                name="Revenue"
                value={null}
                text={formatMoney(amount, currency)}
                asOf={data.as_of}
              >
                {spark(
                  `Revenue in ${currency}`,
                  (hour) => revenueIn(hour, currency),
                  (minor) => metricValue(`order_value:${currency}`, minor),
                )}
              </Figure>
            ))
          )}
          <Figure
            name="Rejected"
            value={data.rejected}
            asOf={data.as_of}
            link={<Link to="/operate/dead-letters">Rejected</Link>}
          >
            {spark("Rejected", (hour) => hour.rejected)}
          </Figure>
        </div>
      )}
    </Answer>
  );
}

function Unknown() {
  return <p className="my-1 text-note text-unknown">the last hours cannot be read</p>;
}
