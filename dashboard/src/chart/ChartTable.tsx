// The table behind a chart's "table" toggle: the same data, for eyes and ears that want figures.
import { useState } from "react";
import type { TableData } from "@/chart/table";

interface ChartTableProps {
  readonly caption: string;
  /** Asked for only while the table is open. */
  readonly data: () => TableData;
}

function Rows({ caption, data }: ChartTableProps) {
  const { columns, rows } = data();
  return (
    <table className="w-full border-collapse text-table">
      <caption className="sr-only">{caption}</caption>
      <thead className="sticky top-0 bg-surface">
        <tr>
          {columns.map((column, place) => (
            <th
              key={column}
              scope="col"
              className={place === 0 ? "p-1 text-left" : "p-1 text-right"}
            >
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key} className="border-t border-line">
            {row.cells.map((cell, place) =>
              place === 0 ? (
                <th key={columns[place]} scope="row" className="p-1 text-left font-normal">
                  {cell}
                </th>
              ) : (
                <td key={columns[place]} className="p-1 text-right">
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ChartTable({ caption, data }: ChartTableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="text-note" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="min-h-7 w-fit cursor-pointer py-1 text-quiet">Table</summary>
      {isOpen && (
        <section
          aria-label={`${caption}, table`}
          // A region that scrolls must take the keyboard's focus.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          className="max-h-80 overflow-auto rounded-control border border-line"
        >
          <Rows caption={caption} data={data} />
        </section>
      )}
    </details>
  );
}
