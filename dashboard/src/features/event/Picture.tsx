// One anomaly: the points around it and what was expected of each.
import { Link } from "@tanstack/react-router";
import { useAnomaly } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatShare } from "@/lib/number";
import { MINUTE } from "@/lib/time";
import { ExpectedLine } from "@/timelines/ExpectedLine";
import { useSignalName } from "@/trust/names";
import { Answer, Empty } from "@/ui/Answer";
import { Dialog } from "@/ui/Dialog";
import { Time } from "@/ui/Time";
import { useZone } from "@/ui/zone";
import { Ending } from "./Ending";
import { expectedRange, metricName, metricValue } from "@/lib/metrics";

interface Props {
  /** The anomaly; undefined where none is open. */
  readonly id: number | undefined;
  readonly onClose: () => void;
}

/** The picture in a sheet. */
export function Picture({ id, onClose }: Props) {
  const nameOf = useSignalName();
  const anomaly = useAnomaly(
    { params: { path: { anomaly: id ?? 0 } } },
    { enabled: id !== undefined },
  );
  return (
    <Dialog
      title={
        anomaly.data === undefined ? "Anomaly" : titleOf(anomaly.data, nameOf(anomaly.data.signal))
      }
      isOpen={id !== undefined}
      onClose={onClose}
      form="sheet"
    >
      <Answer asked={anomaly} name="anomaly" height="20rem">
        {(data) => <Detail anomaly={data} />}
      </Answer>
    </Dialog>
  );
}

function titleOf({ metric, direction }: Schemas["AnomalyView"], name: string): string {
  return `${metricName(metric)} of ${name}: ${direction === "up" ? "above" : "below"} what was expected`;
}

function Detail({ anomaly }: { readonly anomaly: Schemas["AnomalyDetail"] }) {
  const zone = useZone();
  const times = anomaly.picture.map(({ at }) => Date.parse(at));
  const step = Math.min(
    ...times.slice(1).map((at, place) => at - (times[place] ?? at)),
    5 * MINUTE,
  );
  const first = times[0];
  const last = times.at(-1);
  return (
    <div className="grid gap-4">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <dt className="text-quiet">State</dt>
        <dd>
          <Ending anomaly={anomaly} />
          {anomaly.ended_at !== null && (
            <>
              , <Time at={anomaly.ended_at} />
            </>
          )}
        </dd>
        <dt className="text-quiet">Since</dt>
        <dd>
          <Time at={anomaly.started_at} form="clock" />
        </dd>
        <dt className="text-quiet">Furthest off</dt>
        <dd>
          {metricValue(anomaly.metric, anomaly.value)} instead of {expectedRange(anomaly)},{" "}
          <Time at={anomaly.peak_at} form="clock" />
        </dd>
        <dt className="text-quiet">Score</dt>
        <dd>{formatShare(anomaly.score)}</dd>
      </dl>
      {first === undefined || last === undefined ? (
        <Empty title="No point around it is kept" />
      ) : (
        <ExpectedLine
          title={metricName(anomaly.metric)}
          summary={`${metricValue(anomaly.metric, anomaly.value)} at its peak, expected was ${expectedRange(anomaly)}.`}
          zone={zone}
          since={first}
          until={last + step}
          step={step}
          height={240}
          name={metricName(anomaly.metric)}
          points={anomaly.picture}
          spans={[
            {
              since: Date.parse(anomaly.started_at),
              until: anomaly.ended_at === null ? null : Date.parse(anomaly.ended_at),
              label: "anomaly",
            },
          ]}
          format={(value) => metricValue(anomaly.metric, value)}
        />
      )}
      <p className="flex gap-4">
        <Link to="/trust/signals/$signal" params={{ signal: anomaly.signal }}>
          The signal
        </Link>
        <Link to="/trust/alerts">Alerts</Link>
      </p>
    </div>
  );
}
