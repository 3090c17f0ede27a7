// State timelines: one row per thing, healthy solid, degraded hatched, unhealthy crossed.
import { type ReactNode, useId, useMemo } from "react";
import { AXIS_HEIGHT, TimeAxis, ticksThatFit } from "@/chart/Axis";
import { Spans } from "@/chart/Band";
import { useCursorStore } from "@/chart/Cursor";
import { MARKERS_HEIGHT, Markers } from "@/chart/Markers";
import { StatePatterns, cleanId, stateFill } from "@/chart/Patterns";
import { Plot } from "@/chart/Plot";
import { timeScale, timeTicks } from "@/chart/scale";
import { type StateRow, changesTable, filled, stateAt, turns } from "@/chart/steps";
import { timeText } from "@/chart/times";
import { BLANK_DASH, STATE_STROKES } from "@/chart/tone";
import type { ChartProps, StateSpan } from "@/chart/types";
import { useWidth } from "@/chart/width";

const ROW = 28;
const NONE: readonly never[] = [];

interface StepsProps extends Omit<ChartProps, "format" | "height"> {
  readonly rows: readonly StateRow[];
  /** What stands before a row, say a link; its name otherwise. */
  readonly label?: (row: StateRow) => ReactNode;
}

interface PieceProps {
  readonly id: string;
  readonly span: StateSpan;
  readonly from: number;
  readonly to: number;
  readonly top: number;
}

function Piece({ id, span, from, to, top }: PieceProps) {
  if (span.state === "unknown") {
    const base = top + ROW - 8;
    return (
      <line
        x1={from}
        x2={to}
        y1={base}
        y2={base}
        className={STATE_STROKES.unknown}
        strokeWidth={2}
        strokeDasharray={BLANK_DASH}
      >
        <title>unknown</title>
      </line>
    );
  }
  return (
    <rect
      x={from}
      y={top + 6}
      width={Math.max(1, to - from)}
      height={ROW - 12}
      fill={stateFill(id, span.state)}
      className={STATE_STROKES[span.state]}
      strokeWidth={1}
    >
      <title>{span.state}</title>
    </rect>
  );
}

export function Steps(props: StepsProps) {
  const { rows, label, zone, since, until, spans = NONE, markers = NONE } = props;
  const id = cleanId(useId());
  const [box, width] = useWidth();
  const cursor = useCursorStore();
  const time = (at: number): string => timeText(at, zone);
  const instants = useMemo(() => turns(rows, since, until), [rows, since, until]);
  const drop = markers.length > 0 ? MARKERS_HEIGHT : 0;
  const bottom = Math.max(1, rows.length) * ROW;
  const height = bottom + drop + AXIS_HEIGHT;
  const area = { top: 0, bottom, left: 1, right: Math.max(1, width - 8), width, height };
  const x = timeScale(since, until, area.left, area.right);
  // States hold between their turns: any instant stands for itself.
  const stand = (at: number): number | null => (at >= since && at <= until ? at : null);
  return (
    <Plot
      chart={props}
      box={box}
      area={area}
      x={x}
      instants={instants}
      stand={stand}
      cursor={cursor}
      time={time}
      textAt={(at) => rows.map((row) => `${row.name} ${stateAt(row, at)}`).join(", ")}
      beside={
        <ul className="w-2/5 max-w-48 shrink-0 pr-2 text-table">
          {rows.map((row) => (
            <li key={row.name} className="flex h-7 items-center">
              <span className="truncate" title={row.name}>
                {label ? label(row) : row.name}
              </span>
            </li>
          ))}
        </ul>
      }
      table={() => changesTable(rows, since, until, time)}
    >
      <StatePatterns id={id} />
      <TimeAxis
        ticks={timeTicks(since, until, zone, ticksThatFit(area.right - area.left))}
        x={x}
        area={area}
        drop={drop}
      />
      {rows.map((row, place) => (
        <g key={row.name}>
          {filled(row, since, until).map((span) => (
            <Piece
              key={span.since}
              id={id}
              span={span}
              from={x(span.since)}
              to={x(span.until)}
              top={place * ROW}
            />
          ))}
        </g>
      ))}
      <Spans spans={spans} x={x} area={area} />
      <Markers markers={markers} x={x} area={area} />
    </Plot>
  );
}
