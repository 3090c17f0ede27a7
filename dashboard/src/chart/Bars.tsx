// Counts per step as stacked bars: up what comes, down what goes, nothing where nothing is known.
import { useId, useMemo } from "react";
import { AXIS_HEIGHT, TimeAxis, ValueAxis, axisWidth, ticksThatFit } from "@/chart/Axis";
import { Blanks, Expected, Spans } from "@/chart/Band";
import { useCursorStore } from "@/chart/Cursor";
import { ordered } from "@/chart/gaps";
import { Legend } from "@/chart/Legend";
import { stepAround } from "@/chart/moving";
import { MARKERS_HEIGHT, Markers } from "@/chart/Markers";
import { SeriesPatterns, cleanId, seriesFill } from "@/chart/Patterns";
import { Plot } from "@/chart/Plot";
import { extentOf, timeScale, timeTicks, valueScale, valueTicks } from "@/chart/scale";
import { type Bar, barEnds, stacked, uncovered, valueIn } from "@/chart/stack";
import { UNKNOWN_TEXT, sentenceAt, tableOf } from "@/chart/table";
import { numberText, timeText } from "@/chart/times";
import { strokeOf } from "@/chart/tone";
import type { ChartProps, ExpectedPoint } from "@/chart/types";
import { useWidth } from "@/chart/width";

interface BarsProps extends ChartProps {
  /** From the base line outwards; at most six, the rest folded into "other" by the caller. */
  readonly names: readonly string[];
  /** A bar stands for the step that begins at its instant. */
  readonly bars: readonly Bar[];
  readonly step: number;
  readonly expected?: readonly ExpectedPoint[];
}

const NONE: readonly never[] = [];

export function Bars(props: BarsProps) {
  const { names, bars, step, zone, since, until, height = 200, format = numberText } = props;
  const { expected = NONE, spans = NONE, markers = NONE } = props;
  const id = cleanId(useId());
  const [box, width] = useWidth();
  const cursor = useCursorStore();
  const time = (at: number): string => timeText(at, zone);
  const drawn = useMemo(() => {
    // The step in which the range begins is part of it.
    const inside = ordered(bars).filter(({ at }) => at > since - step && at < until);
    const stack = stacked(inside, names);
    const band = expected.filter(({ at }) => at >= since && at <= until);
    return {
      inside,
      stack,
      band,
      extent: extentOf([...stack.extent, ...band.flatMap((point) => [point.low, point.high])]),
      blank: uncovered(inside, names, step, since, until),
      ends: barEnds(inside, step),
      instants: inside.map(({ at }) => at),
      byInstant: new Map(inside.map((bar) => [bar.at, bar])),
    };
  }, [bars, names, expected, step, since, until]);

  const drop = markers.length > 0 ? MARKERS_HEIGHT : 0;
  const [top, bottom] = [8, height - AXIS_HEIGHT - drop];
  const y = valueScale(drawn.extent, top, bottom);
  const ticks = valueTicks(y, height / 45, true);
  const left = axisWidth(ticks.map(format));
  const area = { top, bottom, left, right: Math.max(left, width - 8), width, height };
  const x = timeScale(since, until, area.left, area.right);
  const gap = x(since + step) - x(since) >= 4 ? 1 : 0;
  const stand = (at: number): number | null => stepAround(drawn.instants, at, step * 1.05);
  const entries = names.map((name, index) => ({
    name,
    index,
    look: "area" as const,
    textAt: (at: number): string => {
      const bar = drawn.byInstant.get(at);
      const value = bar ? valueIn(bar, name) : null;
      return value === null ? UNKNOWN_TEXT : format(value);
    },
  }));
  const clamp = (place: number): number => Math.min(area.right, Math.max(area.left, place));
  return (
    <Plot
      chart={props}
      box={box}
      area={area}
      x={x}
      instants={drawn.instants}
      stand={stand}
      shift={step / 2}
      cursor={cursor}
      time={time}
      textAt={(at) => sentenceAt(entries, spans, at)}
      legend={<Legend {...{ id, entries, cursor, stand, time }} />}
      table={() =>
        tableOf({
          series: names.map((name) => ({
            name,
            points: drawn.inside.map((bar) => ({ at: bar.at, value: valueIn(bar, name) })),
          })),
          expected: drawn.band,
          markers,
          spans,
          since: since - step,
          until,
          format,
          time,
        })
      }
    >
      <SeriesPatterns id={id} count={names.length} />
      <ValueAxis ticks={ticks} y={y} area={area} format={format} />
      <Spans spans={spans} x={x} area={area} />
      {drawn.stack.pieces.map(({ at, index, low, high }) => {
        const from = clamp(x(at));
        return (
          <rect
            key={`${at} ${index}`}
            x={from}
            width={Math.max(0.5, clamp(x(drawn.ends.get(at) ?? at)) - from - gap)}
            y={y(high)}
            height={Math.max(0.5, y(low) - y(high))}
            fill={seriesFill(id, index)}
            className={strokeOf(index)}
            strokeWidth={gap ? 0.5 : 0}
          />
        );
      })}
      <Expected points={drawn.band} x={x} y={y} />
      <Blanks spans={drawn.blank} x={x} bottom={y(0)} />
      <TimeAxis
        ticks={timeTicks(since, until, zone, ticksThatFit(area.right - area.left))}
        x={x}
        area={area}
        drop={drop}
      />
      <Markers markers={markers} x={x} area={area} />
    </Plot>
  );
}
