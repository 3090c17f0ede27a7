// What an erasure would remove, and where: counts and masks, never a value in clear.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/schemas";
import { formatCount, plural } from "@/lib/number";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { plain } from "./words";

interface Line {
  readonly key: string;
  readonly what: string;
  readonly where: ReactNode;
  readonly much: ReactNode;
}

/** The preview. */
export function Preview({ preview }: { readonly preview: Schemas["ErasurePreview"] }) {
  return (
    <div className="grid gap-3">
      {preview.redirected_from !== null && (
        <p role="note">The id that was asked for was merged into this person.</p>
      )}
      <div>
        <p className="text-quiet">
          {plural(preview.masked.length, "identifier", "identifiers")}, masked:
        </p>
        <ul className="flex flex-wrap gap-x-4">
          {preview.masked.map((each) => (
            <li key={each.key} className="break-all">
              <span className="text-quiet">{each.kind}</span> <code>{each.masked}</code>
            </li>
          ))}
        </ul>
      </div>
      <Table<Line>
        caption="What would be removed, and where"
        rows={linesOf(preview)}
        keyOf={(row) => row.key}
        columns={[
          { name: "what", cell: (row) => row.what },
          { name: "where", cell: (row) => <span className="break-words">{row.where}</span> },
          { name: "how much", cell: (row) => row.much },
        ]}
      />
      {preview.shared > 0 && (
        <p role="note" className="rounded-card border border-degraded p-3">
          {plural(preview.shared, "other person", "other people")} may share a device or an address
          with this person, by a refused or banned link. They stay. Look at the{" "}
          <Link to="/cdp/identity/$id" params={{ id: preview.profile_id }}>
            identity graph
          </Link>{" "}
          before you go on.
        </p>
      )}
    </div>
  );
}

function linesOf(preview: Schemas["ErasurePreview"]): Line[] {
  const line = (key: string, what: string, where: ReactNode, much: ReactNode) => ({
    key,
    what,
    where,
    much,
  });
  const { revoked, restarted } = preview.exports;
  return [
    ...preview.events.map((each) =>
      line(
        `events ${each.source}`,
        "events",
        each.name ?? `source ${each.source}, which is gone`,
        <>
          {formatCount(each.events)}, <Time at={each.first_at} /> to <Time at={each.last_at} />
        </>,
      ),
    ),
    line("links", "links", "identity graph", formatCount(preview.links)),
    line("merges", "merges", "merge history", formatCount(preview.merges)),
    ...preview.segments.map((each) =>
      line(`segment ${each.id}`, "segment", each.name, "leaves it"),
    ),
    ...preview.audiences.map((each) =>
      line(
        `audience ${each.id}`,
        "audience",
        `${each.platform}: ${each.name}`,
        `${plain(each.state)}; its platform must confirm`,
      ),
    ),
    ...preview.pushes.map((each) =>
      line(
        `pushes ${each.platform}`,
        "sent before",
        each.platform,
        plural(each.pushes, "push", "pushes"),
      ),
    ),
    line(
      "exports",
      "export files",
      "all of the workspace",
      `${formatCount(revoked)} revoked, ${formatCount(restarted)} written anew`,
    ),
    line(
      "archives",
      "access archives",
      "those that hold an erased identifier",
      "they and the links to them end",
    ),
    line("letters", "dead letters", "all of the workspace", preview.dead_letters),
  ];
}
