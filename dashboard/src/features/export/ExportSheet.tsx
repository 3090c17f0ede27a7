// One export: whom it has, whom it left out and why, its file, and its end.
import { useDeleteExport, useExport, useSegments } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { formatBytes } from "@/lib/bytes";
import { formatCount } from "@/lib/number";
import { Act } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { Dialog } from "@/ui/Dialog";
import { useRefusal } from "@/ui/scopes";
import { Time } from "@/ui/Time";
import { Download } from "./Download";
import { Status, Whose } from "./ExportList";
import { isUnderWay, MEANINGS } from "./words";

type Export = Schemas["ExportView"];

interface Props {
  /** The export; undefined where none is open. */
  readonly id: number | undefined;
  readonly onClose: () => void;
}

/** The sheet. */
export function ExportSheet({ id, onClose }: Props) {
  const found = useExport({ params: { path: { id: id ?? 0 } } }, { enabled: id !== undefined });
  return (
    <Dialog title={`Export ${id ?? ""}`} isOpen={id !== undefined} onClose={onClose} form="sheet">
      <Answer asked={found} name="export" height="16rem">
        {(data) => <Detail export={data} />}
      </Answer>
    </Dialog>
  );
}

function Detail({ export: row }: { readonly export: Export }) {
  const segments = useEvery(useSegments({ params: { query: { limit: 200 } } })).rows;
  const names = new Map(segments.map(({ id, name }) => [id, name]));
  const facts: [string, React.ReactNode][] = [
    [
      "Status",
      <>
        <Status export={row} /> <span className="text-quiet">{MEANINGS[row.status]}</span>
      </>,
    ],
    ["People of", <Whose export={row} names={names} />],
    ["Purpose", row.purpose],
    ["Format", row.format],
    ["Looked at", `${formatCount(row.evaluated)} of ${formatCount(row.people)}`],
    ["Written", formatCount(row.rows)],
    ["Left out, no consent", formatCount(row.without_consent)],
    ["Left out, nothing to match by", formatCount(row.without_identifier)],
    ["Asked for", <Time at={row.created_at} form="clock" />],
    ["Asked for by", row.requested_by_name ?? row.requested_by],
    ["Ended", <Time at={row.finished_at} form="clock" none="under way" />],
    ["Kept until", <Time at={row.expires_at} form="clock" none="no file" />],
    ["Size", row.size_bytes === null ? "–" : formatBytes(row.size_bytes)],
    ["SHA-256", row.sha256 ?? "–"],
  ];
  return (
    <div className="grid gap-4">
      {row.advice !== null && (
        <p>
          {row.advice} {row.reason !== null && <code className="text-quiet">{row.reason}</code>}
        </p>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-table">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd className="break-all">{value}</dd>
          </div>
        ))}
      </dl>
      {row.kind === "stream" && (
        <p className="text-quiet">It was answered directly; nothing of it is kept.</p>
      )}
      <p className="flex flex-wrap items-center gap-4">
        <Download export={row} />
        <End export={row} />
      </p>
    </div>
  );
}

function End({ export: row }: { readonly export: Export }) {
  const remove = useDeleteExport();
  const refusal = useRefusal(remove.scopes);
  if (row.kind === "stream" || (!isUnderWay(row) && row.status !== "done")) return null;
  const verb = isUnderWay(row) ? "Cancel" : "Delete";
  return (
    <Act
      name={`${verb}…`}
      title={`${verb} export ${row.id}`}
      verb={`${verb} the export`}
      done={isUnderWay(row) ? "The export is cancelled." : "The export's file is deleted."}
      look="danger"
      hasReason={!isUnderWay(row)}
      refusal={refusal}
      effect={
        <p>
          {isUnderWay(row)
            ? "Nothing more is written, and what was written is thrown away."
            : `The file with ${formatCount(row.rows)} people is deleted. Copies that were downloaded stay where they are.`}
        </p>
      }
      act={(reason) =>
        remove.mutateAsync({ params: { path: { id: row.id } }, body: { reason: reason || null } })
      }
    />
  );
}
