// A metric of a signal over the page's range, with what was expected: the cause beside the score.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useSignalSeries } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { metricName, metricValue } from "@/lib/metrics";
import { instantsOf, rangeOf } from "@/lib/range";
import { SECOND } from "@/lib/time";
import { ExpectedLine } from "@/timelines/ExpectedLine";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useMinute } from "@/ui/clock";
import { useZone } from "@/ui/zone";

const route = getRouteApi("/frame/trust/signals/$signal");

/** The metric that the address names, where the signal has it. */
export function SeriesChart({ detail }: { readonly detail: Schemas["SignalDetail"] }) {
  const search = route.useSearch();
  const zone = useZone();
  const minute = useMinute();
  const { since, until } = instantsOf(rangeOf({ ...search }, "24h"), minute);
  const metric = detail.metrics.find((each) => each.name === search.metric)?.name;
  const series = useSignalSeries(
    { params: { path: { signal: detail.signal }, query: { metric: metric ?? "", since, until } } },
    { enabled: metric !== undefined },
  );
  if (metric === undefined) return null;
  return (
    <Card
      title={`Series: ${metricName(metric)}`}
      aside={
        <Link
          from="/trust/signals/$signal"
          to="."
          search={(earlier) => ({ ...earlier, metric: undefined })}
        >
          Close
        </Link>
      }
    >
      <Answer
        asked={series}
        name="series"
        height="14rem"
        empty={({ points }) =>
          points.some(({ value }) => value !== null) ? undefined : (
            <Empty title="No point of this range is kept: nothing is known of it." />
          )
        }
      >
        {(data) => (
          <ExpectedLine
            title={metricName(metric)}
            name={metricName(metric)}
            points={data.points}
            zone={zone}
            since={Date.parse(since)}
            until={Date.parse(until)}
            step={data.step_s * SECOND}
            format={(value) => metricValue(metric, value)}
          />
        )}
      </Answer>
    </Card>
  );
}
