// The events of one source against the range that the engine expected.
import { Link } from "@tanstack/react-router";
import { useSignalSeries, useSources } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { formatSpan, SECOND } from "@/lib/time";
import { ExpectedLine } from "@/timelines/ExpectedLine";
import { Answer, Empty } from "@/ui/Answer";
import { useZone } from "@/ui/zone";
import { useAskedEvents } from "./asked";

/** The chosen source, else the one with the most events of the last day. */
function useSource() {
  const { search } = useAskedEvents();
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } })).rows;
  if (search.source !== undefined) return sources.find((each) => each.id === search.source);
  return sources.toSorted((one, other) => other.events_24h - one.events_24h)[0];
}

/** The series with its expected band, folded until somebody wants it. */
export function Expected() {
  const { since, until } = useAskedEvents();
  const zone = useZone();
  const source = useSource();
  const series = useSignalSeries(
    {
      params: {
        path: { signal: `source:${source?.id ?? 0}` },
        query: { metric: "events", since, until },
      },
    },
    { enabled: source !== undefined },
  );
  if (source === undefined) return null;
  return (
    <div className="mt-6">
      <Answer
        asked={series}
        name="expected range"
        height="12rem"
        empty={(data) =>
          data.points.length === 0 ? (
            <Empty title={`No point of ${source.name} is kept of this range`}>
              The engine keeps the points of the last days, and those around anomalies.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <>
            <ExpectedLine
              title={`${source.name}: events in ${formatSpan(data.step_s)}, and what was expected`}
              name="events"
              points={data.points}
              zone={zone}
              since={Date.parse(since)}
              until={Date.parse(until)}
              step={data.step_s * SECOND}
              height={160}
              isWhole
              shows={[0]}
            />
            <p className="mt-1 text-note">
              <Link to="/trust/signals/$signal" params={{ signal: `source:${source.id}` }}>
                The signal of {source.name}
              </Link>
            </p>
          </>
        )}
      </Answer>
    </div>
  );
}
