// The archive of an access request: how much of it is written, and until when it is there.
import type { ReactNode } from "react";
import type { Schemas } from "@/api/schemas";
import { formatBytes } from "@/lib/bytes";
import { formatCount } from "@/lib/number";
import { Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { TakeArchive } from "./TakeArchive";
import { plain } from "./words";

interface Props {
  readonly request: Schemas["RequestDetailView"];
  readonly archive: Schemas["ArchiveView"];
}
type Section = readonly [string, number];

/** The card. */
export function Archive({ request, archive }: Props) {
  const sections: Section[] = Object.entries(archive.sections);
  const facts: [string, ReactNode][] = [
    ["Rows", formatCount(archive.rows)],
    ["Sections", formatCount(sections.length)],
    ["Size", archive.size_bytes === null ? "–" : formatBytes(archive.size_bytes)],
    ["Begun", <Time at={archive.started_at} form="clock" none="not yet" />],
    ["Ended", <Time at={archive.finished_at} form="clock" none="not yet" />],
  ];
  return (
    <Card title="Archive">
      <dl className="mb-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-table">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {request.status === "ready" && <TakeArchive id={request.id} />}
      {sections.length === 0 ? (
        <Empty title="No section is written">
          Sections stand here as they are written, with their rows.
        </Empty>
      ) : (
        <Table<Section>
          caption={`Sections ${request.status === "processing" ? "so far" : "of the archive"}`}
          rows={sections}
          keyOf={([name]) => name}
          columns={[
            { name: "section", cell: ([name]) => plain(name) },
            { name: "rows", isNumber: true, cell: ([, rows]) => formatCount(rows) },
          ]}
        />
      )}
    </Card>
  );
}
