// The register: every privacy request of the workspace, newest first.
import { Link } from "@tanstack/react-router";
import { usePrivacyRequests } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { usePrivacyAddress } from "./addressing";
import { Due, Status } from "./Marks";
import { KINDS, statusesOf, type Kind } from "./statuses";
import { plain } from "./words";

type Request = Schemas["RequestView"];

const NO_FILTER = { kind: undefined, status: undefined, overdue: undefined };

/** The list with its filters. */
export function Register() {
  const { search, change } = usePrivacyAddress();
  const kind = (Object.keys(KINDS) as Kind[]).find((each) => each === search.kind);
  const status = statusesOf(kind).find((each) => each === search.status);
  const isOverdue = search.overdue === "true";
  const isFiltered = kind !== undefined || status !== undefined || isOverdue;
  const requests = usePrivacyRequests({
    params: {
      query: {
        limit: 50,
        ...(kind && { kind }),
        ...(status && { status }),
        ...(isOverdue && { overdue: true }),
      },
    },
  });
  return (
    <Card title="Register">
      <div className="mb-3 flex flex-wrap gap-x-4 gap-y-2">
        <Choice
          label="Kind"
          value={kind}
          options={Object.entries(KINDS)}
          onChange={(next) => change({ kind: next, status: undefined })}
        />
        <Choice
          label="Status"
          value={status}
          options={statusesOf(kind).map((each) => [each, plain(each)])}
          onChange={(next) => change({ status: next })}
        />
        <Choice
          label="Due"
          value={isOverdue ? "true" : undefined}
          options={[["true", "overdue"]]}
          onChange={(overdue) => change({ overdue })}
        />
      </div>
      <Answer
        asked={requests}
        name="privacy requests"
        height="12rem"
        empty={(data) => {
          if (rowsOf(data).length > 0) return undefined;
          return isFiltered ? (
            <Empty title="No request matches the filters">
              <Button onClick={() => change(NO_FILTER)}>Clear filters</Button>
            </Empty>
          ) : (
            <Empty title="Nobody has asked yet">
              Check who asks first, then find the person above: what is held is gathered there, and
              erased. Each request then stands here, with how far it is.
            </Empty>
          );
        }}
      >
        {(data) => (
          <Table<Request>
            caption="Privacy requests, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            more={requests}
            columns={[
              {
                name: "request",
                cell: (row) => (
                  <Link to="/privacy/$id" params={{ id: String(row.id) }}>
                    {row.id}
                  </Link>
                ),
              },
              { name: "kind", from: "sm", cell: (row) => KINDS[row.kind] ?? plain(row.kind) },
              {
                name: "person",
                from: "lg",
                cell: (row) => <code>{row.profile_id.slice(0, 8)}</code>,
              },
              { name: "status", cell: (row) => <Status request={row} /> },
              { name: "due", cell: (row) => <Due request={row} /> },
              {
                name: "who",
                from: "md",
                cell: (row) => row.requested_by_name ?? row.requested_by,
              },
              { name: "when", from: "md", cell: (row) => <Time at={row.requested_at} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
