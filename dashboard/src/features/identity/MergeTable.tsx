// Merges, splits and unmerges, newest first, with what caused each.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { useMasked } from "@/ui/Mask";
import { type More, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { causeWords, endWords } from "./words";

type Merge = Schemas["Merge"];

interface Props {
  readonly rows: readonly Merge[];
  readonly more: More;
}

/** A listing of merges. */
export function MergeTable({ rows, more }: Props) {
  const isMasked = useMasked();
  const person = (id: string) => (
    <Link to="/cdp/identity/$id" params={{ id }} className="font-mono">
      {id.slice(0, 8)}
    </Link>
  );
  return (
    <Table<Merge>
      caption="Merges and splits, newest first"
      rows={rows}
      more={more}
      keyOf={(row) => row.id}
      columns={[
        { name: "what", cell: (row) => row.kind },
        {
          name: "who",
          cell: (row) => (
            <span className="whitespace-nowrap">
              {person(row.survivor)} {row.kind === "merge" ? "took in" : "let go"}{" "}
              {person(row.other)}
            </span>
          ),
        },
        {
          name: "by the link",
          from: "md",
          cell: (row) =>
            row.link.length === 0
              ? "no single link"
              : row.link.map((end) => endWords(end, isMasked)).join(" — "),
        },
        { name: "because of", from: "sm", cell: (row) => causeWords(row.cause) },
        { name: "when", cell: (row) => <Time at={row.recorded_at} /> },
      ]}
    />
  );
}
