// What all charts over time have around their drawing: title, summary, keys, cursor, table.
import { type ReactNode, type RefCallback, useId } from "react";
import { ChartTable } from "@/chart/ChartTable";
import { Cursor, type CursorStore, useCursorAt } from "@/chart/Cursor";
import { lowerBound } from "@/chart/points";
import { useRange } from "@/chart/range";
import type { Scale } from "@/chart/scale";
import type { TableData } from "@/chart/table";
import type { Area, ChartProps } from "@/chart/types";

interface PlotProps {
  readonly chart: ChartProps;
  readonly box: RefCallback<HTMLElement>;
  readonly area: Area;
  readonly x: Scale;
  readonly instants: readonly number[];
  /** The chart's own instant that a cursor stands for; null where nothing is near. */
  readonly stand: (at: number) => number | null;
  /** How far right of an instant the cursor's line is drawn: half a bar. */
  readonly shift?: number;
  readonly cursor: CursorStore;
  readonly time: (at: number) => string;
  /** All values at an instant of the chart's own, as a screen reader says them. */
  readonly textAt: (at: number) => string;
  readonly dotsAt?: (at: number) => readonly number[];
  readonly legend?: ReactNode;
  readonly beside?: ReactNode;
  readonly table: () => TableData;
  readonly children: ReactNode;
}

export function Plot(props: PlotProps) {
  const { chart, area, x, instants, stand, cursor, time } = props;
  const id = useId();
  const { anchor, handlers } = useRange({
    x,
    instants,
    stand,
    since: chart.since,
    until: chart.until,
    cursor,
    onRange: chart.onRange,
    onRangeBack: chart.onRangeBack,
  });
  const at = useCursorAt(cursor);
  const own = at === null ? null : stand(at);
  const place = own === null ? 0 : lowerBound(instants, own + 0.5) - 1;
  const said = (): string => {
    if (at === null) {
      return instants.length > 0 ? "No point chosen" : "No points";
    }
    const values = own === null ? `${time(at)}: not known` : `${time(own)}: ${props.textAt(own)}`;
    return anchor === null ? values : `${values}; range from ${time(anchor)}`;
  };
  const marked =
    anchor === null || at === null ? null : [x(anchor), x(at)].toSorted((a, b) => a - b);
  return (
    <figure aria-labelledby={`${id}-title`} className="min-w-0">
      <figcaption id={`${id}-title`} className="font-[650]">
        {chart.title}
      </figcaption>
      <p id={`${id}-summary`} className="text-note text-quiet">
        {chart.summary}
      </p>
      {props.legend}
      <div className="flex">
        {props.beside}
        <div
          ref={props.box}
          role="slider"
          tabIndex={0}
          aria-label={`${chart.title}, chart`}
          aria-describedby={`${id}-summary ${id}-keys`}
          aria-orientation="horizontal"
          aria-valuemin={0}
          aria-valuemax={Math.max(0, instants.length - 1)}
          aria-valuenow={Math.max(0, place)}
          aria-valuetext={said()}
          className="min-w-0 flex-1 touch-pan-y select-none"
          style={{ height: area.height }}
          {...handlers}
        >
          {area.width > 0 && (
            <svg
              aria-hidden="true"
              width={area.width}
              height={area.height}
              className="block overflow-visible"
            >
              {props.children}
              {marked && (
                <rect
                  x={marked[0]}
                  width={(marked[1] ?? 0) - (marked[0] ?? 0)}
                  y={area.top}
                  height={area.bottom - area.top}
                  className="fill-focus stroke-focus"
                  fillOpacity={0.15}
                />
              )}
              <Cursor
                at={own === null ? at : own + (props.shift ?? 0)}
                x={x}
                area={area}
                dots={own === null ? [] : (props.dotsAt?.(own) ?? [])}
              />
            </svg>
          )}
        </div>
      </div>
      <p id={`${id}-keys`} className="sr-only">
        Arrow keys move from point to point.
        {chart.onRange && " Enter begins a range and ends it."}
        {chart.onRangeBack && " Backspace goes back to the range before."}
      </p>
      <ChartTable caption={chart.title} data={props.table} />
    </figure>
  );
}
