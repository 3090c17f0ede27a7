// A signal's score over the page's range, with thresholds, decisions, alerts and where it is heading.
import { getRouteApi } from "@tanstack/react-router";
import { useDecisions, useSignalHours, useSignalPast } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { stepReaching } from "@/chart/gaps";
import { Line } from "@/chart/Line";
import type { ValueBand } from "@/chart/types";
import { instantsOf, rangeOf } from "@/lib/range";
import { HOUR, SECOND } from "@/lib/time";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useClock, useMinute } from "@/ui/clock";
import { useLast } from "@/ui/later";
import { RangePicker } from "@/ui/RangePicker";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { useStale, useStaleAfter, useZone } from "@/ui/zone";
import { useNewestAlerts } from "./alerts";
import { forecastOf } from "./changed";
import { alertMarks, decisionMarks } from "./marks";
import { knownSince, scoresOf, summaryOf } from "./scores";

const route = getRouteApi("/frame/trust/signals/$signal");
/** Up to this range single readings are drawn; beyond it, hours. */
const READINGS_MS = HOUR;
/** Pages of readings of such a range at most: enough for one reading a second. */
const MOST_PAGES = 20;

/** The chart; a range that is dragged goes into the address. */
export function ScoreChart({ detail }: { readonly detail: Schemas["SignalDetail"] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const zone = useZone();
  const minute = useMinute();
  const range = rangeOf({ ...search }, "24h");
  const { since, until } = instantsOf(range, minute);
  const [from, to] = [Date.parse(since), Date.parse(until)];
  const isShort = to - from <= READINGS_MS;
  const path = { signal: detail.signal };
  const hours = useSignalHours(
    { params: { path, query: { since, until } } },
    { enabled: !isShort },
  );
  const readings = useSignalPast(
    { params: { path, query: { since, until, limit: 200 } } },
    { enabled: isShort },
  );
  const { isWhole, isCut } = useWhole(readings, MOST_PAGES);
  // While another range is read page by page, the one before it stays.
  const known = useLast(readings.data, isWhole || isCut) ?? readings.data;
  const past = rowsOf(known);
  const staleAfter = useStaleAfter();
  const isStale = useStale(detail.reading?.read_at);
  const summary = useClock((now) => summaryOf(detail, now, staleAfter));
  const decisions = useDecisions({ params: { query: { since, until, limit: 200 } } });
  const workspace = useWorkspace();
  const points = isShort
    ? scoresOf(past, detail.reading, to)
    : rowsOf(hours.data)
        .map((row) => ({ at: Date.parse(row.hour), value: row.lowest }))
        .toSorted((one, other) => one.at - other.at);
  const alerts = useNewestAlerts().data?.items ?? [];
  const markers = [
    ...decisionMarks(rowsOf(decisions.data), detail.signal),
    ...alertMarks(alerts, detail.signal),
  ];
  const step = isShort ? stepReaching((staleAfter ?? 0) * SECOND) : HOUR;
  // A range that ends in the past says nothing about what comes, nor does too old a reading.
  const forecast = range.kind === "span" && !isStale ? forecastOf(detail, step) : [];
  const coming = Math.min(forecast.at(-1)?.at ?? to, to + (to - from) / 2);
  return (
    <Card title="Score" aside={<RangePicker range={range} />}>
      <Answer
        asked={(isShort ? { ...readings, data: known } : hours) as typeof hours}
        name="score"
        height="16rem"
        empty={() =>
          points.length === 0 ? (
            <Empty title="No reading in this range: nothing is known of it." />
          ) : undefined
        }
      >
        {() => (
          <>
            <Line
              title={isShort ? "Score" : "Lowest score of each hour"}
              summary={summary}
              zone={zone}
              since={from}
              until={Math.max(to, coming)}
              step={step}
              series={[
                { name: "score", points },
                ...(forecast.length === 0
                  ? []
                  : [{ name: "if it goes on like that", points: forecast, isForecast: true }]),
              ]}
              bands={bandsOf(workspace.data?.thresholds)}
              markers={markers}
              shows={[0, 100]}
              onRange={(begin, end) =>
                void navigate({
                  search: (earlier) => ({
                    ...earlier,
                    range: undefined,
                    since: new Date(begin).toISOString(),
                    until: new Date(end).toISOString(),
                  }),
                })
              }
              onRangeBack={() =>
                void navigate({
                  search: (earlier) => ({ ...earlier, since: undefined, until: undefined }),
                })
              }
            />
            <LeftOut
              since={isShort && isCut ? knownSince(past) : null}
              decisions={
                decisions.hasNextPage ? rowsOf(decisions.data).at(-1)?.decided_at : undefined
              }
            />
          </>
        )}
      </Answer>
    </Card>
  );
}

/** What the chart does not show of its range. */
function LeftOut({
  since,
  decisions,
}: {
  readonly since: number | null;
  readonly decisions: string | undefined;
}) {
  if (since === null && decisions === undefined) return null;
  return (
    <p className="mt-2 text-table text-quiet">
      {since !== null && (
        <>
          Readings before <Time at={new Date(since).toISOString()} form="clock" /> are not drawn:
          choose a shorter range.{" "}
        </>
      )}
      {decisions !== undefined && (
        <>
          Decisions before <Time at={decisions} form="clock" /> are not marked.
        </>
      )}
    </p>
  );
}

function bandsOf(thresholds: Schemas["HealthThresholds"] | undefined): ValueBand[] {
  if (thresholds === undefined) return [];
  const { healthy, degraded } = thresholds;
  return [
    { from: healthy, to: null, state: "healthy", label: `healthy from ${healthy}` },
    { from: degraded, to: healthy, state: "degraded", label: `degraded from ${degraded}` },
    { from: null, to: degraded, state: "unhealthy", label: `unhealthy below ${degraded}` },
  ];
}
