// Which line is which, and the values at the cursor: a fixed place, so nothing jumps or covers.
import { type CursorStore, useCursorAt } from "@/chart/Cursor";
import { FORECAST_DASH, dashOf, strokeOf } from "@/chart/tone";
import { seriesFill } from "@/chart/Patterns";

export interface LegendEntry {
  readonly name: string;
  readonly index: number;
  readonly look: "line" | "forecast" | "area";
  readonly textAt: (at: number) => string;
}

interface LegendProps {
  readonly id: string;
  readonly entries: readonly LegendEntry[];
  readonly cursor: CursorStore;
  readonly stand: (at: number) => number | null;
  readonly time: (at: number) => string;
}

function Sample({
  id,
  index,
  look,
}: { readonly id: string } & Pick<LegendEntry, "index" | "look">) {
  return (
    <svg width={24} height={10} aria-hidden="true" className="shrink-0">
      {look === "area" ? (
        <rect width={24} height={10} fill={seriesFill(id, index)} className={strokeOf(index)} />
      ) : (
        <line
          x1={0}
          x2={24}
          y1={5}
          y2={5}
          className={strokeOf(index)}
          strokeWidth={2}
          strokeDasharray={look === "forecast" ? FORECAST_DASH : dashOf(index)}
        />
      )}
    </svg>
  );
}

export function Legend({ id, entries, cursor, stand, time }: LegendProps) {
  const at = useCursorAt(cursor);
  const own = at === null ? null : stand(at);
  return (
    <ul className="flex min-h-5 flex-wrap gap-x-4 gap-y-1 text-note text-quiet">
      {entries.map((entry) => (
        <li key={entry.name} className="flex items-center gap-1">
          <Sample id={id} index={entry.index} look={entry.look} />
          <span>{entry.name}</span>
          <span aria-hidden="true" className="min-w-10 text-ink">
            {own === null ? "" : entry.textAt(own)}
          </span>
        </li>
      ))}
      <li aria-hidden="true" className="ml-auto min-w-24 text-right">
        {at === null ? "" : time(own ?? at)}
      </li>
    </ul>
  );
}
