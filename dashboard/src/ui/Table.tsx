// A table of a listing: caption, sticky head, links in first cells, "load more" and an end.
import { useRef, type ReactNode } from "react";
import { Button } from "./Button";
import { LoadMore, type More } from "./LoadMore";
import { useHeld } from "./useHeld";

export type { More };

/** A column of a table. */
export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** From which width of the window it is shown; default always. */
  readonly from?: "sm" | "md" | "lg" | "xl";
}

interface Props<Row> {
  /** What the table lists; a screen reader hears it first. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** Whether a row is the one that is open. */
  readonly isCurrent?: (row: Row) => boolean;
  /** The pages that follow; undefined where the list is whole. */
  readonly more?: More | undefined;
  /** Whether a list without pages changes by itself; one with pages says so. */
  readonly isLive?: boolean;
  /** Whether whoever gives the rows holds back those that are new. */
  readonly isHeldBack?: boolean;
}

const ALONE = {};

const FROM = {
  sm: "max-sm:hidden",
  md: "max-md:hidden",
  lg: "max-lg:hidden",
  xl: "max-xl:hidden",
} as const;

/** The rows of all pages of an infinite query, in their order. */
export function rowsOf<Row>(
  data: { pages: readonly { items: readonly Row[] }[] } | undefined,
): Row[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

/** A semantic table. */
export function Table<Row>(props: Props<Row>) {
  const { caption, columns, rows, keyOf, isCurrent, more, isLive, isHeldBack } = props;
  const listing = more ?? (isLive === true ? ALONE : undefined);
  const held = useHeld(rows, keyOf, isHeldBack === true ? undefined : listing);
  const region = useRef<HTMLDivElement>(null);
  const look = (column: Column<Row>) =>
    `${column.isNumber ? "text-right" : "text-left"} ${column.from ? FROM[column.from] : ""}`;
  return (
    <div className="relative">
      <p role="status" className="absolute top-0 right-0 z-10">
        {(held.waiting > 0 || held.isMoved) && (
          <Button
            look="main"
            className="min-h-8"
            onClick={() => {
              held.show();
              region.current?.focus();
            }}
          >
            {held.waiting > 0 ? `${held.waiting} new` : "Sort again"}
          </Button>
        )}
      </p>
      <div
        ref={region}
        className="max-w-full relative overflow-x-auto"
        tabIndex={0}
        role="region"
        aria-label={caption}
      >
        <table className="w-full border-collapse text-table">
          <caption className="sr-only">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.name}
                  scope="col"
                  className={`sticky top-0 border-b border-line bg-surface px-2 py-2 text-quiet ${look(column)}`}
                >
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {held.shown.map((row) => (
              <tr
                key={keyOf(row)}
                aria-current={isCurrent?.(row) ? "true" : undefined}
                className="[content-visibility:auto] hover:bg-canvas aria-current:bg-canvas"
              >
                {columns.map((column) => (
                  <td
                    key={column.name}
                    className={`h-9 border-b border-line px-2 py-1 ${look(column)}`}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more !== undefined && <LoadMore more={more} />}
    </div>
  );
}
