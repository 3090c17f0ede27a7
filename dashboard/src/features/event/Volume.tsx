// How many events came: stacked bars with the anomalies of volume as spans.
import { useAnomalySummary, useEventTrends, useSources } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { Bars } from "@/chart/Bars";
import type { TimeSpan } from "@/chart/types";
import { plural } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { useZone } from "@/ui/zone";
import { APART } from "./address";
import { useAskedEvents } from "./asked";
import { Expected } from "./Expected";
import { sourceName } from "./sources";
import { beginOf, STEP_MS, stackOf, stepOf, type Stack } from "@/timelines/volume";

/** The chart of volumes, and below it what was expected of one source. */
export function Volume() {
  const { search, since, until, change } = useAskedEvents();
  const zone = useZone();
  const by = search.by ?? "name";
  const step = stepOf(Date.parse(since), Date.parse(until));
  const from = beginOf(Date.parse(since), step, zone);
  const query = {
    since: new Date(from).toISOString(),
    until,
    step,
    by,
    ...(search.source === undefined ? {} : { source: search.source }),
    ...(search.name === undefined ? {} : { name: [search.name] }),
  };
  const trends = useEventTrends({ params: { query } });
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } })).rows;
  const spans = useVolumeAnomalies();
  const nameOf = (name: string) =>
    by === "source" ? sourceName(sources, Number(name)) : name || "without a name";
  return (
    <Card
      title="Volume"
      aside={
        <Choice
          label="Apart by"
          value={by === "name" ? undefined : by}
          any="name"
          options={[
            ["source", APART.source],
            ["type", APART.type],
          ]}
          onChange={(value) =>
            change({ by: value === "source" || value === "type" ? value : undefined })
          }
        />
      }
    >
      <Answer
        asked={trends}
        name="volume"
        height="17rem"
        empty={(data) =>
          data.first_received_at === null && data.names.length === 0 ? (
            <Empty title="No event yet">
              Send one to <code>/v1/track</code> with a source's write key.
            </Empty>
          ) : undefined
        }
      >
        {(data) => {
          const stack = stackOf(data, zone, nameOf);
          return (
            <Bars
              title={`Events a ${data.step} by ${data.by}`}
              summary={summaryOf(stack, search.type)}
              zone={zone}
              since={Date.parse(data.since)}
              until={Date.parse(data.until)}
              step={STEP_MS[data.step]}
              names={stack.names.length === 0 ? ["events"] : stack.names}
              bars={
                stack.names.length > 0
                  ? stack.bars
                  : stack.bars.map(({ at, values }) => ({ at, values: values && { events: 0 } }))
              }
              spans={spans}
              onRange={(begin, end) =>
                change({
                  range: undefined,
                  since: new Date(begin).toISOString(),
                  until: new Date(end).toISOString(),
                })
              }
              onRangeBack={() => change({ since: undefined, until: undefined })}
            />
          );
        }}
      </Answer>
      <Expected />
    </Card>
  );
}

function summaryOf({ total }: Stack, type: string | undefined): string {
  const events = `${plural(total, "event", "events")} in this range, by when they happened.`;
  return type === undefined ? events : `${events} All types are counted, not ${type} alone.`;
}

function useVolumeAnomalies(): TimeSpan[] {
  const { search } = useAskedEvents();
  const anomalies = useAnomalySummary({ params: { query: { limit: 200 } } });
  const signal = search.source === undefined ? undefined : `source:${search.source}`;
  return (anomalies.data?.items ?? [])
    .filter((each) => each.metric === "events" && (signal ?? each.signal) === each.signal)
    .map((each) => ({
      since: Date.parse(each.started_at),
      until: each.ended_at === null ? null : Date.parse(each.ended_at),
      label: `${each.signal}: ${each.direction === "up" ? "more" : "fewer"} than expected`,
    }));
}
