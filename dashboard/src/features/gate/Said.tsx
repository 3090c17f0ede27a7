// Overrides and releases: what people let pass, who, why, until when; approve or take back.
import { useApproveIntervention, useGate, useOverrides, useRevokeIntervention } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { codeText } from "@/trust/codes";
import { Act } from "@/ui/Act";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Override } from "@/trust/Override";

type Said = Schemas["SaidView"];

/** The interventions that hold now. */
export function Interventions() {
  const gate = useGate();
  return (
    <Card title="What people let pass" aside={<Override />}>
      <Answer
        asked={gate}
        name="overrides and releases"
        height="8rem"
        empty={({ overrides, releases }) =>
          overrides.length + releases.length === 0 ? (
            <Empty title="Nobody lets anything pass: the gate alone decides." />
          ) : undefined
        }
      >
        {({ overrides, releases }) => (
          <Table<Said>
            caption="Overrides and releases"
            rows={[...overrides, ...releases]}
            keyOf={(row) => `${row.kind}${row.id}`}
            columns={[
              { name: "what", cell: (row) => `${row.kind} ${row.id}` },
              { name: "scope", cell: (row) => row.scope },
              {
                name: "reasons",
                from: "md",
                cell: (row) =>
                  row.codes.length === 0
                    ? "one push"
                    : row.codes.map((code) => codeText(code).name).join(", "),
              },
              {
                name: "who and why",
                cell: (row) => (
                  <>
                    {row.author_name ?? row.author}: “{row.reason}”
                    {row.approved_by !== null &&
                      `, approved by ${row.approved_by_name ?? row.approved_by}`}
                  </>
                ),
              },
              { name: "ends", cell: (row) => <Time at={row.expires_at} /> },
              { name: "acts", cell: (row) => <SaidActs said={row} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

/** The newest interventions that ended: who let what pass, and who took it back. */
export function Earlier() {
  const said = useOverrides();
  const over = ({ state }: Said) => state !== "in_force" && state !== "unapproved";
  return (
    <Card title="Let pass before">
      <Answer
        asked={said}
        name="earlier overrides and releases"
        height="6rem"
        empty={(data) =>
          data.some(over) ? undefined : <Empty title="Nothing that people let pass has ended." />
        }
      >
        {(data) => (
          <Table<Said>
            caption="Overrides and releases, newest first"
            rows={data.filter(over)}
            keyOf={(row) => `${row.kind}${row.id}`}
            columns={[
              { name: "what", cell: (row) => `${row.kind} ${row.id}` },
              { name: "scope", cell: (row) => row.scope },
              {
                name: "who and why",
                cell: (row) => `${row.author_name ?? row.author}: “${row.reason}”`,
              },
              { name: "made", from: "md", cell: (row) => <Time at={row.created_at} /> },
              { name: "ended", cell: (row) => <Ended said={row} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Ended({ said }: { readonly said: Said }) {
  if (said.state === "used") return <>used by push {said.push_id}</>;
  if (said.revoked_at === null) return <Time at={said.expires_at} />;
  return (
    <>
      taken back <Time at={said.revoked_at} />
      {said.revoked_by !== null && ` by ${said.revoked_by_name ?? said.revoked_by}`}
    </>
  );
}

function SaidActs({ said }: { readonly said: Said }) {
  const approve = useApproveIntervention();
  const revoke = useRevokeIntervention();
  const isWaiting = said.state === "unapproved";
  const mayApprove = useRefusal(approve.scopes);
  const mayRevoke = useRefusal(revoke.scopes);
  const params = { path: { kind: `${said.kind}s` as "overrides" | "releases", id: said.id } };
  if (said.state === "revoked") return <>taken back</>;
  return (
    <span className="flex flex-wrap items-center gap-1">
      {isWaiting && <b>waits for a second person</b>}
      {isWaiting && (
        <Act
          name="Approve…"
          verb="Approve"
          done="It is approved."
          refusal={mayApprove}
          effect={
            <p>
              You agree that this {said.kind} of {said.scope} counts: “{said.reason}”. Only somebody
              else than its author can.
            </p>
          }
          act={(reason) => approve.mutateAsync({ params, body: { reason } })}
        />
      )}
      <Act
        name="Take back…"
        verb="Take back"
        done="It is taken back."
        refusal={mayRevoke}
        effect={<p>From now on the gate judges {said.scope} without it.</p>}
        act={(reason) => revoke.mutateAsync({ params, body: { reason } })}
      />
    </span>
  );
}
