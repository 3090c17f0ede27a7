// Regions of a chart: thresholds as bands of values, spans of time, expected ranges, blanks.
import { area as areaShape } from "d3-shape";
import { known } from "@/chart/gaps";
import { stateFill } from "@/chart/Patterns";
import type { Scale } from "@/chart/scale";
import { BLANK_DASH, STATE_STROKES } from "@/chart/tone";
import type { Area, ExpectedPoint, TimeSpan, ValueBand } from "@/chart/types";

interface BandProps {
  readonly id: string;
  readonly bands: readonly ValueBand[];
  readonly y: Scale;
  readonly area: Area;
}

/** Thresholds: a pale texture over each region, its word at the right end. */
export function Band({ id, bands, y, area }: BandProps) {
  const clamp = (place: number): number => Math.min(area.bottom, Math.max(area.top, place));
  return (
    <g pointerEvents="none">
      {bands.map((band) => {
        const top = band.to === null ? area.top : clamp(y(band.to));
        const bottom = band.from === null ? area.bottom : clamp(y(band.from));
        const tall = bottom - top;
        return tall < 1 ? null : (
          <g key={band.label}>
            <rect
              x={area.left}
              y={top}
              width={area.right - area.left}
              height={tall}
              fill={band.state === "unknown" ? "none" : stateFill(id, band.state)}
              opacity={0.12}
            />
            <line
              x1={area.left}
              x2={area.right}
              y1={bottom}
              y2={bottom}
              className={STATE_STROKES[band.state]}
              strokeWidth={1}
              opacity={0.7}
            />
            {tall >= 16 && (
              <text
                x={area.right - 4}
                y={top + 12}
                textAnchor="end"
                className="fill-quiet stroke-surface text-note [paint-order:stroke]"
                strokeWidth={3}
              >
                {band.label}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

interface SpansProps {
  readonly spans: readonly TimeSpan[];
  readonly x: Scale;
  readonly area: Area;
}

/** Anomalies and the like: a shaded span from top to bottom with an edge at its begin. */
export function Spans({ spans, x, area }: SpansProps) {
  const clamp = (place: number): number => Math.min(area.right, Math.max(area.left, place));
  return (
    <g>
      {spans.map((span) => {
        const from = clamp(x(span.since));
        const to = span.until === null ? area.right : clamp(x(span.until));
        return (
          <g key={`${span.since} ${span.label}`}>
            <title>{span.label}</title>
            <rect
              x={from}
              y={area.top}
              width={Math.max(2, to - from)}
              height={area.bottom - area.top}
              className="fill-ink"
              opacity={0.09}
            />
            <line
              x1={from}
              x2={from}
              y1={area.top}
              y2={area.bottom}
              className="stroke-ink"
              strokeDasharray="2 2"
            />
          </g>
        );
      })}
    </g>
  );
}

interface ExpectedProps {
  readonly points: readonly ExpectedPoint[];
  readonly x: Scale;
  readonly y: Scale;
}

/** The range that was expected, with a gap where it is not known. */
export function Expected({ points, x, y }: ExpectedProps) {
  const shape = areaShape<ExpectedPoint>()
    .defined((point) => known(point.low) !== null && known(point.high) !== null)
    .x((point) => x(point.at))
    .y0((point) => y(point.low ?? 0))
    .y1((point) => y(point.high ?? 0));
  return (
    <path
      d={shape([...points]) ?? ""}
      className="fill-quiet stroke-quiet"
      fillOpacity={0.16}
      strokeOpacity={0.5}
      strokeWidth={0.75}
      pointerEvents="none"
    />
  );
}

interface BlanksProps {
  readonly spans: readonly (readonly [number, number])[];
  readonly x: Scale;
  readonly bottom: number;
}

/** A dashed base line where nothing is known. */
export function Blanks({ spans, x, bottom }: BlanksProps) {
  return (
    <g>
      {spans.map(([from, to]) => (
        <line
          key={from}
          x1={x(from)}
          x2={x(to)}
          y1={bottom}
          y2={bottom}
          className="stroke-unknown"
          strokeWidth={3}
          strokeDasharray={BLANK_DASH}
        >
          <title>Not known</title>
        </line>
      ))}
    </g>
  );
}
