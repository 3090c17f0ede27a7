// Over time: a metro map, a line per person that was; lines join at merges and fork at splits.
import { useProfileMerges } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { type Metro, metro } from "@/identity/metro";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { rowsOf } from "@/ui/Table";
import { MergeTable } from "./MergeTable";
import { causeWords } from "./words";

const ROW = 26;
const LEFT = 96;
const APART = 56;

/** The person's merges as a map and as a table. */
export function History({ profileId }: { readonly profileId: string }) {
  const merges = useProfileMerges({ params: { path: { id: profileId }, query: { limit: 50 } } });
  return (
    <Card title="Over time">
      <Answer
        asked={merges}
        name="merge history"
        empty={(data) =>
          rowsOf(data).length === 0 ? <Empty title="Never merged, never split" /> : undefined
        }
      >
        {(data) => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            <MetroMap rows={rowsOf(data)} profileId={profileId} />
            <MergeTable rows={rowsOf(data)} more={merges} />
          </div>
        )}
      </Answer>
    </Card>
  );
}

interface MapProps {
  readonly rows: readonly Schemas["Merge"][];
  readonly profileId: string;
}

/** Stations stand evenly apart, in their order; the table beside it tells when. */
function MetroMap({ rows, profileId }: MapProps) {
  const map: Metro = metro(rows, profileId);
  const width = LEFT + (map.stations.length + 1) * APART;
  const placeOf = (at: number | null, end: number) => {
    const index = map.stations.findIndex((station) => station.at === at);
    return at === null || index < 0 ? end : LEFT + (index + 0.5) * APART;
  };
  const y = (row: number) => ROW * (row + 0.7);
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Map of merges">
      <svg
        role="img"
        aria-label={`${map.lines.length} people that were, ${map.stations.length} merges and splits; the table below lists them`}
        width={width}
        height={ROW * (map.lines.length + 0.5)}
        className="block"
      >
        {map.lines.map((line) => (
          <g key={line.profile}>
            <text x={0} y={y(line.row)} dy="0.35em" className="fill-quiet text-note">
              {line.profile === profileId ? "this person" : line.profile.slice(0, 8)}
            </text>
            {line.stretches.map((stretch) => (
              <line
                key={String(stretch.since)}
                x1={placeOf(stretch.since, LEFT)}
                x2={placeOf(stretch.until, width - 8)}
                y1={y(line.row)}
                y2={y(line.row)}
                className="stroke-series-1"
                strokeWidth={line.row === 0 ? 5 : 3}
              />
            ))}
          </g>
        ))}
        {map.stations.map((station, index) => {
          const x = LEFT + (index + 0.5) * APART;
          return (
            <g key={station.merge.id}>
              <title>{`${station.merge.kind}: ${causeWords(station.merge.cause)}`}</title>
              <line
                x1={x}
                x2={x}
                y1={y(station.row)}
                y2={y(station.other)}
                className="stroke-series-1"
                strokeWidth={3}
                strokeDasharray={station.merge.kind === "merge" ? undefined : "4 3"}
              />
              <circle
                cx={x}
                cy={y(station.row)}
                r={5}
                className="fill-surface stroke-ink"
                strokeWidth={2}
              />
            </g>
          );
        })}
      </svg>
    </div>
  );
}
