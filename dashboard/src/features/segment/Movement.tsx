// Tab: how many entered and left per hour or day, and how many were in.
import { getRouteApi } from "@tanstack/react-router";
import { useSegmentHistory } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Bars } from "@/chart/Bars";
import { Line } from "@/chart/Line";
import { formatChange, formatCount } from "@/lib/number";
import { instantsOf, rangeOf, type Span } from "@/lib/range";
import { DAY, HOUR } from "@/lib/time";
import { Answer, Empty } from "@/ui/Answer";
import { useMinute } from "@/ui/clock";
import { RangePicker } from "@/ui/RangePicker";
import { useZone } from "@/ui/zone";

const route = getRouteApi("/frame/cdp/segments/$id");
const SPANS: readonly Span[] = ["24h", "7d", "30d"];
const HOURLY_MS = 7 * DAY;
const NAMES = ["entries", "exits"];
type History = Schemas["SegmentHistory"];

/** The movement of a segment over a range. */
export function Movement({ segment }: { readonly segment: number }) {
  const range = rangeOf(route.useSearch(), "7d");
  const { since, until } = instantsOf(range, useMinute());
  const step = Date.parse(until) - Date.parse(since) <= HOURLY_MS ? "hour" : "day";
  const history = useSegmentHistory({
    params: { path: { id: segment }, query: { since, until, step } },
  });
  return (
    <div className="grid gap-3">
      <p>
        <RangePicker range={range} spans={SPANS} />
      </p>
      <Answer
        asked={history}
        name="movement"
        height="26rem"
        empty={(data) =>
          data.points.length === 0 ? <Empty title="Nothing is recorded in this range" /> : undefined
        }
      >
        {(data) => <Charts history={data} since={Date.parse(since)} until={Date.parse(until)} />}
      </Answer>
    </div>
  );
}

interface ChartsProps {
  readonly history: History;
  readonly since: number;
  readonly until: number;
}

function Charts({ history, since, until }: ChartsProps) {
  const navigate = route.useNavigate();
  const zone = useZone();
  const { points } = history;
  const shared = {
    zone,
    since,
    until,
    step: history.step === "hour" ? HOUR : DAY,
    onRange: (begin: number, end: number) =>
      void navigate({
        search: (earlier) => ({
          ...earlier,
          range: undefined,
          since: new Date(begin).toISOString(),
          until: new Date(end).toISOString(),
        }),
      }),
    onRangeBack: () =>
      void navigate({
        search: (earlier) => ({ ...earlier, since: undefined, until: undefined }),
      }),
  };
  const entries = points.reduce((sum, point) => sum + point.entries, 0);
  const exits = points.reduce((sum, point) => sum + point.exits, 0);
  const now = points.at(-1)?.members ?? 0;
  return (
    <div className="grid gap-6">
      <Bars
        {...shared}
        title={`Entries and exits per ${history.step}`}
        summary={`${formatCount(entries)} entered and ${formatCount(exits)} left.`}
        names={NAMES}
        format={formatChange}
        bars={points.map(({ at, entries: came, exits: went }) => ({
          at: Date.parse(at),
          values: { entries: came, exits: -went },
        }))}
      />
      <Line
        {...shared}
        title="Members"
        summary={`${formatCount(now)} members at the end.`}
        format={formatCount}
        series={[
          {
            name: "members",
            points: points.map(({ at, members }) => ({ at: Date.parse(at), value: members })),
          },
        ]}
      />
    </div>
  );
}
