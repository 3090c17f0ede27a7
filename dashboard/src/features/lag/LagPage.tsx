// The lag: how much of the event log waits, and for how long.
import { useState } from "react";
import { useLag } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Line } from "@/chart/Line";
import { formatCount, formatEstimate, plural } from "@/lib/number";
import { formatSpan, SECOND } from "@/lib/time";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { useNow } from "@/ui/clock";
import { useZone } from "@/ui/zone";
import { KEPT_MS, kept, pointsOf, type Sample } from "./samples";

type Partition = Schemas["PartitionLag"];

/** All partitions and what the lag was of late. */
export function LagPage() {
  const lag = useLag();
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [seen, setSeen] = useState(0);
  // A reading is kept while it is drawn, once: React's way of keeping what came before.
  if (lag.data !== undefined && lag.dataUpdatedAt !== seen) {
    setSeen(lag.dataUpdatedAt);
    setSamples(
      kept(samples, {
        at: lag.dataUpdatedAt,
        records: lag.data.records_behind,
        seconds: lag.data.seconds_behind,
      }),
    );
  }
  return (
    <>
      <Card title="Partitions">
        <Answer
          asked={lag}
          name="lag"
          height="14rem"
          oldAfterS={20}
          empty={({ partitions }) =>
            partitions.length === 0 ? (
              <Empty title="No partition yet">
                The engine has not read the event log. Start it, or look whether it runs.
              </Empty>
            ) : undefined
          }
        >
          {(data) => <Partitions lag={data} />}
        </Answer>
      </Card>
      <Recent samples={samples} />
    </>
  );
}

function Partitions({ lag }: { readonly lag: Schemas["Lag"] }) {
  const most = Math.max(1, ...lag.partitions.map((each) => each.records_behind));
  const isExact = lag.partitions.every(({ exact }) => exact);
  return (
    <>
      <p className="mb-3">
        {lag.records_behind === 0
          ? "Nothing waits."
          : `${formatEstimate(lag.records_behind, isExact)} ${lag.records_behind === 1 ? "record waits" : "records wait"}, the oldest for ${formatSpan(lag.seconds_behind)}.`}{" "}
        <span className="text-quiet">
          All workspaces of this installation share the log; nothing here tells them apart.
        </span>
      </p>
      <Table<Partition>
        caption="Lag of each partition"
        rows={lag.partitions}
        keyOf={(row) => `${row.log} ${row.partition}`}
        columns={[
          {
            name: "partition",
            cell: (row) => (
              <>
                <span className="text-quiet max-sm:hidden">{row.log} </span>
                {row.partition}
              </>
            ),
          },
          {
            name: "behind",
            cell: (row) => (
              <div aria-hidden="true" className="h-3 min-w-16 bg-line/60">
                <div
                  className="h-3 bg-series-1"
                  style={{ width: `${(row.records_behind / most) * 100}%` }}
                />
              </div>
            ),
          },
          {
            name: "records",
            isNumber: true,
            cell: (row) => formatEstimate(row.records_behind, row.exact),
          },
          {
            name: "waits for",
            isNumber: true,
            cell: (row) => (row.records_behind === 0 ? "–" : formatSpan(row.seconds_behind)),
          },
          {
            name: "caught up to",
            from: "sm",
            cell: (row) => <Time at={row.caught_up_at} form="clock" none="not known" />,
          },
          {
            name: "next position",
            isNumber: true,
            from: "lg",
            cell: (row) => formatCount(row.next_position),
          },
        ]}
      />
    </>
  );
}

function Recent({ samples }: { readonly samples: readonly Sample[] }) {
  const zone = useZone();
  const now = useNow();
  const last = samples.at(-1);
  if (last === undefined) return null;
  // The end moves by tens of seconds, so that the charts are not drawn anew every second.
  const until = Math.ceil(Math.max(now, last.at + 1) / (10 * SECOND)) * 10 * SECOND;
  const chart = { zone, since: until - KEPT_MS, until, step: 12 * SECOND, height: 140, shows: [0] };
  const read = plural(samples.length, "reading", "readings");
  return (
    <Card title="Since this page was opened">
      <div className="grid gap-6 lg:grid-cols-2">
        <Line
          {...chart}
          title="Records that wait"
          summary={`${formatCount(last.records)} now, ${read} in the last 15 minutes; earlier ones are kept nowhere.`}
          isWhole
          series={[{ name: "records", points: pointsOf(samples, "records") }]}
        />
        <Line
          {...chart}
          title="Longest wait"
          summary={`${waitText(last.seconds)} now.`}
          format={waitText}
          series={[{ name: "seconds", points: pointsOf(samples, "seconds") }]}
        />
      </div>
    </Card>
  );
}

function waitText(seconds: number): string {
  return seconds === 0 ? "0 s" : formatSpan(seconds);
}
