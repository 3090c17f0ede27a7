// What stands in the register about one request, and what can be done with it.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/schemas";
import { Card } from "@/ui/Card";
import { Ticked } from "@/ui/Ticked";
import { Time } from "@/ui/Time";
import { Due, Status } from "./Marks";
import { SendAgain, TryAgain } from "./Retry";
import { KINDS, lookOf, type Kind } from "./statuses";
import { auditRange, countWords, plain, reasonWords, subjectOf } from "./words";

type Detail = Schemas["RequestDetailView"];
type Fact = readonly [string, ReactNode];

/** The facts of a request. */
export function Facts({ row }: { readonly row: Detail }) {
  const facts: Fact[] = [
    ["Kind", KINDS[row.kind] ?? plain(row.kind)],
    ["Due", <Due request={row} />],
    ["Law", row.regulation],
    ...(row.extension === null
      ? []
      : [["Extended", `by ${row.extension.by}: ${row.extension.reason}`] as Fact]),
    ["Asked for", <Time at={row.requested_at} form="clock" />],
    ["By", row.requested_by_name ?? row.requested_by],
    ["Reason", row.reason],
    ["Person", <code>{row.profile_id}</code>],
    ["Identifiers named", row.identifiers],
    ...(OF_KIND[row.kind]?.(row) ?? []),
    ["Completed", <Time at={row.completed_at} form="clock" none="not yet" />],
  ];
  const reason = row.archive?.reason ?? null;
  return (
    <Card title="Request">
      <p role="status" className="mb-3">
        <Status request={row} />{" "}
        <span className="text-quiet">
          {lookOf(row.kind, row.status).means} {reason !== null && reasonWords(reason)}
        </span>
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-table">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
      <Advice row={row} />
      {row.status === "not_sent" && <SendAgain id={row.id} />}
      {row.status === "failed" && <TryAgain id={row.id} reason={reason} />}
      <p className="mt-3 flex flex-wrap gap-x-4">
        <Link
          to="/trust/audit"
          search={{ subject: `profile:${row.profile_id}`, ...auditRange(row) }}
        >
          Audit entry of the request
        </Link>
        <Link to="/trust/audit" search={{ subject: subjectOf(row), ...auditRange(row) }}>
          Audit entries of what was done
        </Link>
      </p>
    </Card>
  );
}

const erased = ({ afterwards, processed_at: at, removed }: Detail): Fact[] => [
  [
    "Later activity",
    afterwards === "refuse" ? "is not kept, now and for ever" : "makes a new person",
  ],
  ["Person removed", <Time at={at} form="clock" none="not yet" />],
  ...(removed === null ? [] : [["Removed", countWords({ ...removed }) || "nothing"] as Fact]),
];

/** What else is told of a request, by what was asked for. */
const OF_KIND: Readonly<Record<Kind, (row: Detail) => Fact[]>> = {
  erasure: erased,
  retention: erased,
  restriction: () => [],
  release: () => [],
  objection: ({ purposes }) => [
    ["Purposes", purposes?.map((each) => (each === "*" ? "every one" : each)).join(", ")],
  ],
  access: ({ archive }) => [
    ["Kept until", <Time at={archive?.expires_at} form="clock" none="not written yet" />],
  ],
};

/** What is to be done by hand, in the API's words, unless this page does it. */
function Advice({ row }: { readonly row: Detail }) {
  if (row.advice === null || row.status === "ready") return null;
  return (
    <p role="note" className="mt-3 rounded-card border border-degraded p-3">
      <Ticked text={row.advice} />
      {row.joined > 0 && (
        <>
          {" "}
          <Link to="/privacy">Find whoever has them</Link>
        </>
      )}
    </p>
  );
}
