// One privacy request: how far it is, what is left, who has confirmed, and its proof.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { usePrivacyRequest, useRetryErasure } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Act } from "@/ui/Act";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";
import { Time } from "@/ui/Time";
import { Due, Status } from "./Marks";
import { Receipt } from "./Receipt";
import { Recipients, Steps } from "./Steps";
import { auditRange, countWords, kindOf, lookOf } from "./words";

type Detail = Schemas["RequestDetailView"];

/** The parts of the page. */
export function RequestPage({ id }: { readonly id: string }) {
  if (!/^\d+$/.test(id))
    return (
      <Empty title="No request has this number">
        <Link to="/privacy">All requests</Link>
      </Empty>
    );
  return <Numbered id={Number(id)} />;
}

function Numbered({ id }: { readonly id: number }) {
  const request = usePrivacyRequest({ params: { path: { id } } });
  return (
    <Answer asked={request} name="privacy request" height="24rem">
      {(row) => (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <Facts row={row} />
          {kindOf(row) === "erasure" && (
            <>
              {row.processed_at !== null && <Steps steps={row.steps} />}
              <Recipients request={row} />
              <Receipt request={row} />
            </>
          )}
        </div>
      )}
    </Answer>
  );
}

function Facts({ row }: { readonly row: Detail }) {
  const facts: [string, ReactNode][] = [
    ["Kind", kindOf(row)],
    ["Due", <Due request={row} />],
    ["Asked for", <Time at={row.requested_at} form="clock" />],
    ["By", row.requested_by_name ?? row.requested_by],
    ["Reason", row.reason],
    ["Person", <code>{row.profile_id}</code>],
    ["Identifiers named", row.identifiers],
    [
      "Later activity",
      row.afterwards === "refuse" ? "is not kept, now and for ever" : "makes a new person",
    ],
    ["Person removed", <Time at={row.processed_at} form="clock" none="not yet" />],
    ["Completed", <Time at={row.completed_at} form="clock" none="not yet" />],
    ...(row.removed === null
      ? []
      : [["Removed", countWords({ ...row.removed }) || "nothing"] as [string, ReactNode]]),
  ];
  return (
    <Card title="Request">
      <p role="status" className="mb-3">
        <Status status={row.status} />{" "}
        <span className="text-quiet">{lookOf(row.status).means}</span>
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-table">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {row.joined > 0 && (
        <p role="note" className="mt-3 rounded-card border border-degraded p-3">
          Identifiers that joined the person after the request: {row.joined}. They were kept.{" "}
          <Link to="/privacy">Find whoever has them</Link> and erase again.
        </p>
      )}
      {row.status === "not_sent" && <SendAgain id={row.id} />}
      <p className="mt-3 flex flex-wrap gap-x-4">
        <Link
          to="/trust/audit"
          search={{ subject: `profile:${row.profile_id}`, ...auditRange(row) }}
        >
          Audit entry of the request
        </Link>
        <Link to="/trust/audit" search={{ subject: `erasure:${row.command}`, ...auditRange(row) }}>
          Audit entries of what was done
        </Link>
      </p>
    </Card>
  );
}

function SendAgain({ id }: { readonly id: number }) {
  const retry = useRetryErasure();
  return (
    <p className="mt-3">
      <Act
        name="Send again…"
        title={`Send request ${id} again`}
        verb="Send again"
        look="main"
        done="The command is in the event log."
        hasReason={false}
        refusal={useRefusal(retry.scopes)}
        effect={
          <p>
            The same command is appended to the event log once more. It has one id, so it is carried
            out once however often it is sent.
          </p>
        }
        act={() => retry.mutateAsync({ params: { path: { id } } })}
      />
    </p>
  );
}
