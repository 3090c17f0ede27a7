// A line the size of a word: how a figure moved, with gaps, beside the figure.
import { line as lineShape } from "d3-shape";
import { type KnownPoint, ordered, runs } from "@/chart/gaps";
import { extentOf, timeScale, valueScale } from "@/chart/scale";
import { BLANK_DASH } from "@/chart/tone";
import type { Point } from "@/chart/types";

interface SparkProps {
  /** The movement in words: the picture's only text. */
  readonly summary: string;
  readonly points: readonly Point[];
  readonly step: number;
  readonly width?: number;
  readonly height?: number;
}

export function Spark({ summary, points, step, width = 96, height = 24 }: SparkProps) {
  const sorted = ordered(points);
  const found = runs(sorted, step);
  const x = timeScale(sorted[0]?.at ?? 0, sorted.at(-1)?.at ?? 1, 2, width - 2);
  const y = valueScale(extentOf(sorted.map(({ value }) => value)), 2, height - 2);
  const shape = lineShape<KnownPoint>()
    .x((point) => x(point.at))
    .y((point) => y(point.value));
  return (
    <svg role="img" aria-label={summary} width={width} height={height} className="inline-block">
      <title>{summary}</title>
      <line
        x1={0}
        x2={width}
        y1={height - 0.5}
        y2={height - 0.5}
        className={found.length > 0 ? "stroke-line" : "stroke-unknown"}
        strokeDasharray={found.length > 0 ? undefined : BLANK_DASH}
      />
      {found.map((run) => {
        const [first, last] = [run[0], run.at(-1)];
        return first && last && run.length === 1 ? (
          <circle
            key={first.at}
            cx={x(first.at)}
            cy={y(first.value)}
            r={1.5}
            className="fill-series-1"
          />
        ) : (
          <path
            key={first?.at}
            d={shape([...run]) ?? ""}
            fill="none"
            className="stroke-series-1"
            strokeWidth={1.5}
          />
        );
      })}
    </svg>
  );
}
