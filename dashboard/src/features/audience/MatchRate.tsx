// The match rate of pushes over time, as far as the platform tells it.
import { getRouteApi } from "@tanstack/react-router";
import { usePushStatistics } from "@/api/cdp";
import { Line } from "@/chart/Line";
import { formatShare } from "@/lib/number";
import { instantsOf, rangeOf } from "@/lib/range";
import { DAY } from "@/lib/time";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useMinute } from "@/ui/clock";
import { RangePicker } from "@/ui/RangePicker";
import { useZone } from "@/ui/zone";

const route = getRouteApi("/frame/cdp/audience-sync/$id");

/** The chart by day; days whose pushes have no known rate are gaps, never zero. */
export function MatchRate({ id }: { readonly id: number }) {
  const zone = useZone();
  const range = rangeOf({ ...route.useSearch() }, "30d");
  const { since, until } = instantsOf(range, useMinute());
  const statistics = usePushStatistics({
    params: { query: { audience: id, since, until, step: "day" } },
  });
  return (
    <Card title="Match rate" aside={<RangePicker range={range} spans={["7d", "30d"]} />}>
      <p className="mb-2 text-quiet">
        As the platform tells it, 24 to 48 hours late. Where it does not tell, there is a gap.
      </p>
      <Answer
        asked={statistics}
        name="match rate"
        height="16rem"
        empty={({ points }) =>
          points.every((point) => point.match_rate === null) ? (
            <Empty title="The platform told no match rate in this range.">
              Not every platform does; sizes that it reads back are in each push's story.
            </Empty>
          ) : undefined
        }
      >
        {({ points }) => (
          <Line
            title="Match rate by day"
            summary={`${points.filter((point) => point.match_rate !== null).length} days with a known rate`}
            zone={zone}
            since={Date.parse(since)}
            until={Date.parse(until)}
            step={DAY}
            series={[
              {
                name: "match rate",
                points: points.map((point) => ({
                  at: Date.parse(point.at),
                  value: point.match_rate,
                })),
              },
            ]}
            shows={[0, 1]}
            format={formatShare}
          />
        )}
      </Answer>
    </Card>
  );
}
