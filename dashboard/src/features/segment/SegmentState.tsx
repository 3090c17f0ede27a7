// What state a segment is in: draft, live, paused, and how far a sweep has come.
import type { Schemas } from "@/api/schemas";
import { Icon } from "@/ui/Icon";

type Segment = Pick<Schemas["SegmentView"], "status" | "version" | "newest_version">;

const LOOKS = {
  draft: { icon: "ring", colour: "text-quiet" },
  live: { icon: "disc", colour: "text-healthy" },
  paused: { icon: "pause", colour: "text-degraded" },
} as const;

interface Props {
  readonly segment: Segment;
  /** The sweep that brings its members up to date; undefined where there is none. */
  readonly sweep?: Schemas["SweepView"] | undefined;
}

/** The state as a shape and a word. */
export function SegmentState({ segment, sweep }: Props) {
  const { icon, colour } = LOOKS[segment.status];
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <span
        className={`inline-flex items-baseline gap-1 [&>svg]:self-center whitespace-nowrap ${colour}`}
      >
        <Icon name={icon} />
        {segment.status}
      </span>
      {segment.version > 0 && segment.newest_version > segment.version && (
        <span className="text-quiet">draft of version {segment.newest_version}</span>
      )}
      {sweep !== undefined && (
        <span className="text-quiet">building {Math.floor(sweep.percent)} %</span>
      )}
    </span>
  );
}
