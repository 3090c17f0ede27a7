// How many events came in the last day, by name, with the anomalies and what was expected.
import { Link } from "@tanstack/react-router";
import { useAnomalySummary, useSignals } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Bars } from "@/chart/Bars";
import { plural } from "@/lib/number";
import { HOUR } from "@/lib/time";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { Time } from "@/ui/Time";
import { marksOf, wordsOf } from "./anomalies";
import { useDay } from "./day";
import { stackOf } from "@/timelines/volume";

const LISTED = 3;
type Anomalies = Schemas["Page_AnomalyView_"];

/** Event volume as stacked bars. */
export function Volume() {
  const { since, until, zone, trends } = useDay();
  const anomalies = useAnomalySummary({ params: { query: { limit: 200 } } });
  const signals = useSignals().data?.items ?? [];
  const signalName = (signal: string) =>
    signals.find((each) => each.signal === signal)?.name ?? signal;
  const marks = marksOf(anomalies.data?.items ?? [], since, until, signalName);
  return (
    <Card
      title="Event volume, 24 hours"
      aside={<Link to="/cdp/events">{lastingText(anomalies.data)}</Link>}
    >
      <Answer
        asked={trends}
        name="event volume"
        height="15rem"
        empty={({ names }) =>
          names.length === 0 ? (
            <Empty title="No event in 24 hours">
              Send one to <code>/v1/track</code> with a source's write key.
            </Empty>
          ) : undefined
        }
      >
        {(data) => {
          const { names, bars, total } = stackOf(data, zone);
          return (
            <Bars
              title="Events an hour by name"
              summary={`${plural(total, "event", "events")} in 24 hours`}
              zone={zone}
              since={since}
              until={until}
              step={HOUR}
              names={names}
              bars={bars}
              markers={marks.markers}
              spans={marks.spans}
            />
          );
        }}
      </Answer>
      {marks.shown.length > 0 && (
        <ul aria-label="Anomalies of these hours" className="mt-3 grid gap-1 text-table">
          {marks.shown.slice(0, LISTED).map((each) => (
            <li key={each.id} className="flex gap-2">
              <Icon name="anomaly" />
              <span>
                <Link to="/cdp/events" search={{ anomaly: each.id }}>
                  {wordsOf(each, signalName)}
                </Link>{" "}
                <span className="text-quiet">
                  {each.ended_at === null ? "lasts since" : "from"}{" "}
                  <Time at={each.started_at} form="clock" />
                </span>
              </span>
            </li>
          ))}
          {marks.shown.length > LISTED && (
            <li className="text-quiet">
              and {plural(marks.shown.length - LISTED, "other", "others")}
            </li>
          )}
        </ul>
      )}
    </Card>
  );
}

function lastingText(data: Anomalies | undefined): string {
  if (data === undefined) return "Events";
  const lasting = data.items.filter((each) => each.ended_at === null).length;
  // The newest are looked at: one that is older may last, too.
  if (data.next !== null) return `at least ${plural(lasting, "anomaly lasts", "anomalies last")}`;
  return lasting === 0 ? "no anomaly lasts" : plural(lasting, "anomaly lasts", "anomalies last");
}
