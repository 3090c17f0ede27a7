// Values over time as lines, with thresholds, expected range, anomalies, marks and a forecast.
import { line as lineShape } from "d3-shape";
import { useId, useMemo } from "react";
import { AXIS_HEIGHT, TimeAxis, ValueAxis, axisWidth, ticksThatFit } from "@/chart/Axis";
import { Band, Blanks, Expected, Spans } from "@/chart/Band";
import { useCursorStore } from "@/chart/Cursor";
import type { KnownPoint } from "@/chart/gaps";
import { Legend } from "@/chart/Legend";
import { linesOf } from "@/chart/lines";
import { standsFor } from "@/chart/moving";
import { MARKERS_HEIGHT, Markers } from "@/chart/Markers";
import { StatePatterns, cleanId } from "@/chart/Patterns";
import { Plot } from "@/chart/Plot";
import { type Scale, timeScale, timeTicks, valueScale, valueTicks } from "@/chart/scale";
import { UNKNOWN_TEXT, sentenceAt, tableOf } from "@/chart/table";
import { numberText, timeText } from "@/chart/times";
import { FORECAST_DASH, dashOf, fillOf, strokeOf } from "@/chart/tone";
import type { ChartProps, ExpectedPoint, Series, ValueBand } from "@/chart/types";
import { useWidth } from "@/chart/width";

interface LineProps extends ChartProps {
  readonly series: readonly Series[];
  /** The time between two points; a longer silence is a gap. */
  readonly step: number;
  readonly bands?: readonly ValueBand[];
  readonly expected?: readonly ExpectedPoint[];
  /** Values that the axis shows in any case, say 0 and 100. */
  readonly shows?: readonly number[];
  readonly isWhole?: boolean;
}

interface RunsProps {
  readonly found: readonly (readonly KnownPoint[])[];
  readonly index: number;
  readonly isForecast: boolean;
  readonly x: Scale;
  readonly y: Scale;
}

function Runs({ found, index, isForecast, x, y }: RunsProps) {
  const shape = lineShape<KnownPoint>()
    .x((point) => x(point.at))
    .y((point) => y(point.value));
  return (
    <g>
      {found.map((run) => {
        const first = run[0];
        // A run of one point has no line: a dot.
        return first && run.length === 1 ? (
          <circle
            key={first.at}
            cx={x(first.at)}
            cy={y(first.value)}
            r={2.5}
            className={fillOf(index)}
          />
        ) : (
          <path
            key={first?.at}
            d={shape([...run]) ?? ""}
            fill="none"
            className={strokeOf(index)}
            strokeWidth={2}
            strokeLinejoin="round"
            strokeLinecap={isForecast ? "round" : "butt"}
            strokeDasharray={isForecast ? FORECAST_DASH : dashOf(index)}
          />
        );
      })}
    </g>
  );
}

const NONE: readonly never[] = [];

export function Line(props: LineProps) {
  const { series, step, zone, since, until, height = 200, format = numberText } = props;
  const { bands = NONE, expected = NONE, spans = NONE, markers = NONE, shows = NONE } = props;
  const id = cleanId(useId());
  const [box, width] = useWidth();
  const cursor = useCursorStore();
  const time = (at: number): string => timeText(at, zone);
  const drawn = useMemo(
    () => linesOf({ series, expected, shows, step, since, until }),
    [series, expected, shows, step, since, until],
  );
  const drop = markers.length > 0 ? MARKERS_HEIGHT : 0;
  const area0 = { top: 8, bottom: height - AXIS_HEIGHT - drop };
  const y = valueScale(drawn.extent, area0.top, area0.bottom);
  const ticks = valueTicks(y, height / 45, props.isWhole);
  const left = axisWidth(ticks.map(format));
  const area = { ...area0, left, right: Math.max(left, width - 8), width, height };
  const x = timeScale(since, until, area.left, area.right);
  const stand = (at: number): number | null => standsFor(drawn.instants, at, step);
  const textOf = (index: number, at: number): string => {
    const value = drawn.values[index]?.get(at);
    return value === null || value === undefined ? UNKNOWN_TEXT : format(value);
  };
  const entries = series.map(({ name, isForecast }, index) => ({
    name,
    index,
    look: isForecast ? ("forecast" as const) : ("line" as const),
    textAt: (at: number) => textOf(index, at),
  }));
  return (
    <Plot
      chart={props}
      box={box}
      area={area}
      x={x}
      instants={drawn.instants}
      stand={stand}
      cursor={cursor}
      time={time}
      textAt={(at) => sentenceAt(entries, spans, at)}
      dotsAt={(at) =>
        drawn.values.flatMap((of) => {
          const value = of.get(at);
          return value === null || value === undefined ? [] : [y(value)];
        })
      }
      legend={<Legend {...{ id, entries, cursor, stand, time }} />}
      table={() =>
        tableOf({
          series: drawn.inside,
          expected: drawn.expected,
          markers,
          spans,
          since,
          until,
          format,
          time,
        })
      }
    >
      <StatePatterns id={id} />
      <ValueAxis ticks={ticks} y={y} area={area} format={format} />
      <TimeAxis
        ticks={timeTicks(since, until, zone, ticksThatFit(area.right - area.left))}
        x={x}
        area={area}
        drop={drop}
      />
      <Band id={id} bands={bands} y={y} area={area} />
      <Spans spans={spans} x={x} area={area} />
      <Expected points={drawn.expected} x={x} y={y} />
      <Blanks spans={drawn.nowhere} x={x} bottom={area.bottom} />
      {drawn.lines.map((found, index) => (
        <Runs
          key={series[index]?.name}
          {...{ found, index, x, y }}
          isForecast={series[index]?.isForecast === true}
        />
      ))}
      <Markers markers={markers} x={x} area={area} />
    </Plot>
  );
}
