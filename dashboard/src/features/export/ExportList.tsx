// All exports: who asked for what, how far it is, and where the file is.
import { Link } from "@tanstack/react-router";
import { useExports, useSegments } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { formatCount } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { Progress } from "@/ui/Progress";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Download } from "./Download";
import { isUnderWay, percentOf } from "./words";

type Export = Schemas["ExportView"];

interface Props {
  /** The export that is open. */
  readonly open: number | undefined;
}

/** The list. */
export function ExportList({ open }: Props) {
  const exports = useExports({ params: { query: { limit: 50 } } });
  const segments = useEvery(useSegments({ params: { query: { limit: 200 } } })).rows;
  const names = new Map(segments.map(({ id, name }) => [id, name]));
  return (
    <Card title="Exports">
      <Answer
        asked={exports}
        name="exports"
        height="12rem"
        oldAfterS={30}
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No export yet">
              The members of a segment, or everybody for whom a rule holds, as a file. Whoever does
              not consent to its purpose is left out.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Export>
            caption="Exports, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            isCurrent={(row) => row.id === open}
            more={exports}
            columns={[
              {
                name: "export",
                cell: (row) => (
                  <Link to="." search={(earlier) => ({ ...earlier, open: row.id })}>
                    {row.id}
                  </Link>
                ),
              },
              {
                name: "people of",
                from: "sm",
                cell: (row) => <Whose export={row} names={names} />,
              },
              { name: "format", from: "md", cell: (row) => row.format },
              { name: "purpose", from: "md", cell: (row) => row.purpose },
              { name: "status", cell: (row) => <Status export={row} /> },
              {
                name: "people",
                isNumber: true,
                from: "sm",
                cell: (row) => (isUnderWay(row) ? "–" : formatCount(row.rows)),
              },
              {
                name: "asked for by",
                from: "lg",
                cell: (row) => row.requested_by_name ?? row.requested_by,
              },
              { name: "asked for", from: "lg", cell: (row) => <Time at={row.created_at} /> },
              { name: "file", cell: (row) => <Download export={row} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

interface WhoseProps {
  readonly export: Export;
  readonly names: ReadonlyMap<number, string>;
}

/** Whose people an export has. */
export function Whose({ export: { segment_id: id }, names }: WhoseProps) {
  if (id === null) return <>a rule</>;
  return (
    <Link to="/cdp/segments/$id" params={{ id: String(id) }}>
      {names.get(id) ?? `segment ${id}`}
    </Link>
  );
}

/** What became of an export. */
export function Status({ export: row }: { readonly export: Export }) {
  if (isUnderWay(row))
    return (
      <span className="inline-flex flex-wrap items-center gap-x-2">
        <Progress label={`Export ${row.id}`} percent={percentOf(row)} />
        {row.status === "queued"
          ? "queued"
          : `${formatCount(row.evaluated)} of ${formatCount(row.people)}`}
      </span>
    );
  if (row.status === "done")
    return (
      <span className="inline-flex items-center gap-1 text-healthy">
        <Icon name="check" /> done
      </span>
    );
  if (row.status === "failed")
    return (
      <span className="inline-flex items-center gap-1 text-unhealthy">
        <Icon name="square" /> failed
      </span>
    );
  return <span className="text-quiet">{row.status}</span>;
}
