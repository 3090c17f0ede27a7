// Counts over two scales (5 × 5 and the like): a table whose cells carry texture and number.
import { type KeyboardEvent, useId, useRef } from "react";
import { cleanId } from "@/chart/Patterns";
import { densityOf, shiftedCell } from "@/chart/cells";
import { numberText } from "@/chart/times";

interface GridProps {
  readonly title: string;
  readonly summary: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** The names of the two scales: "Recency", "Frequency". */
  readonly rowScale: string;
  readonly columnScale: string;
  /** Null where it is not known. */
  readonly valueAt: (row: number, column: number) => number | null;
  readonly noteAt?: (row: number, column: number) => string;
  readonly format?: (value: number) => string;
  readonly isPicked?: (row: number, column: number) => boolean;
  readonly onPick?: (row: number, column: number) => void;
}

/** Dots, the denser the larger the share. */
function Densities({ id }: { readonly id: string }) {
  return (
    <svg aria-hidden="true" width={0} height={0} className="absolute">
      <defs>
        {[1, 2, 3, 4].map((density) => (
          <pattern
            key={density}
            id={`${id}-${density}`}
            width={8}
            height={8}
            patternUnits="userSpaceOnUse"
          >
            <circle cx={2} cy={2} r={density * 0.6} className="fill-series-1" />
            <circle cx={6} cy={6} r={density * 0.6} className="fill-series-1" />
          </pattern>
        ))}
      </defs>
    </svg>
  );
}

export function Grid(props: GridProps) {
  const { title, summary, rows, columns, valueAt, noteAt, format = numberText } = props;
  const { isPicked, onPick } = props;
  const id = cleanId(useId());
  const body = useRef<HTMLTableSectionElement>(null);
  const all = rows.flatMap((_, row) => columns.map((__, column) => valueAt(row, column) ?? 0));
  const most = Math.max(0, ...all);
  const move = (event: KeyboardEvent, row: number, column: number): void => {
    const next = shiftedCell(event.key, row, column, rows.length, columns.length);
    if (next) {
      event.preventDefault();
      const cell = body.current?.rows[next[0]]?.cells[next[1] + 1];
      cell?.querySelector("button")?.focus();
    }
  };
  const content = (row: number, column: number) => {
    const value = valueAt(row, column);
    const density = densityOf(value, most);
    return (
      <>
        {density > 0 && (
          <svg aria-hidden="true" className="absolute inset-0 size-full">
            <rect width="100%" height="100%" fill={`url(#${id}-${density})`} />
          </svg>
        )}
        <span className="relative rounded-control bg-surface px-1">
          {value === null ? "–" : format(value)}
          {noteAt && <span className="text-note text-quiet"> {noteAt(row, column)}</span>}
        </span>
      </>
    );
  };
  const nameOf = (row: number, column: number): string => {
    const value = valueAt(row, column);
    const figure = value === null ? "not known" : format(value);
    const [one, other] = [rows[row] ?? "", columns[column] ?? ""];
    return `${props.rowScale} ${one}, ${props.columnScale} ${other}: ${figure}`;
  };
  const look = "relative grid h-12 w-full place-items-center border text-table";
  return (
    <figure className="min-w-0">
      <Densities id={id} />
      <figcaption className="font-[650]">{title}</figcaption>
      <p className="text-note text-quiet">{summary}</p>
      <table className="w-full table-fixed border-collapse">
        <caption className="sr-only">{title}</caption>
        <thead>
          <tr>
            <th scope="col" className="p-1 text-left text-note font-normal text-quiet">
              {props.rowScale} ↓ {props.columnScale} →
            </th>
            {columns.map((column) => (
              <th key={column} scope="col" className="p-1 text-note">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((name, row) => (
            <tr key={name}>
              <th scope="row" className="p-1 text-left text-note">
                {name}
              </th>
              {columns.map((other, column) => (
                <td key={other} className="p-0.5">
                  {onPick ? (
                    <button
                      type="button"
                      aria-pressed={isPicked?.(row, column)}
                      aria-label={nameOf(row, column)}
                      className={`${look} border-edge aria-pressed:outline-3 aria-pressed:-outline-offset-3 aria-pressed:outline-focus`}
                      onClick={() => onPick(row, column)}
                      onKeyDown={(event) => move(event, row, column)}
                    >
                      {content(row, column)}
                    </button>
                  ) : (
                    <div className={`${look} border-line`}>{content(row, column)}</div>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
