// The two axes: time below, values at the left, with lines across the drawing.
import type { Scale, Tick } from "@/chart/scale";
import type { Area } from "@/chart/types";

/** Room for the labels below and at the left, in pixels. */
export const AXIS_HEIGHT = 22;
const LETTER = 7;

export function axisWidth(labels: readonly string[]): number {
  return Math.min(96, Math.max(24, ...labels.map((label) => label.length * LETTER + 10)));
}

/** How many time labels fit. */
export const ticksThatFit = (width: number): number => Math.max(2, Math.floor(width / 80));

interface TimeAxisProps {
  readonly ticks: readonly Tick[];
  readonly x: Scale;
  readonly area: Area;
  /** Room kept between the line and the labels: the strip of markers. */
  readonly drop?: number;
}

function anchorAt(place: number, area: Area): "start" | "middle" | "end" {
  if (place < area.left + 20) {
    return "start";
  }
  return place > area.right - 20 ? "end" : "middle";
}

export function TimeAxis({ ticks, x, area, drop = 0 }: TimeAxisProps) {
  return (
    <g>
      <line
        x1={area.left}
        x2={area.right}
        y1={area.bottom}
        y2={area.bottom}
        className="stroke-edge"
      />
      {ticks.map((tick) => (
        <g key={tick.at}>
          <line
            x1={x(tick.at)}
            x2={x(tick.at)}
            y1={tick.isMajor ? area.top : area.bottom}
            y2={area.bottom + 4}
            className={tick.isMajor ? "stroke-line" : "stroke-edge"}
          />
          <text
            x={x(tick.at)}
            y={area.bottom + drop + 16}
            textAnchor={anchorAt(x(tick.at), area)}
            className={tick.isMajor ? "fill-ink text-note" : "fill-quiet text-note"}
          >
            {tick.label}
          </text>
        </g>
      ))}
    </g>
  );
}

interface ValueAxisProps {
  readonly ticks: readonly number[];
  readonly y: Scale;
  readonly area: Area;
  readonly format: (value: number) => string;
}

export function ValueAxis({ ticks, y, area, format }: ValueAxisProps) {
  return (
    <g>
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            x1={area.left}
            x2={area.right}
            y1={y(tick)}
            y2={y(tick)}
            className={tick === 0 ? "stroke-edge" : "stroke-line"}
          />
          <text
            x={area.left - 6}
            y={y(tick)}
            dy="0.35em"
            textAnchor="end"
            className="fill-quiet text-note"
          >
            {format(tick)}
          </text>
        </g>
      ))}
    </g>
  );
}
