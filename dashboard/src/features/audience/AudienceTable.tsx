// All audiences: what is listed, what waits, the last push, the next, and the gate's word.
import { Link } from "@tanstack/react-router";
import { useAudiences } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatMoves, formatCount, formatShare } from "@/lib/number";
import { codeText } from "@/trust/codes";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useNow } from "@/ui/clock";
import { Verdict } from "@/ui/State";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Audience = Schemas["AudienceView"];

/** The table of audiences. */
export function AudienceTable() {
  const audiences = useAudiences({ params: { query: { limit: 100 } } });
  return (
    <Card title="Audiences">
      <Answer
        asked={audiences}
        name="audiences"
        height="16rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No audience yet">
              An audience keeps a platform's list equal to the consenting members of a segment.
              Create the first one above.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Audience>
            caption="Audiences"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            more={audiences}
            columns={[
              {
                name: "audience",
                cell: (row) => (
                  <Link to="/cdp/audience-sync/$id" params={{ id: String(row.id) }}>
                    {row.name}
                  </Link>
                ),
              },
              { name: "platform", cell: (row) => row.platform },
              {
                name: "segment",
                from: "lg",
                cell: (row) => (
                  <Link to="/cdp/segments/$id" params={{ id: String(row.segment_id) }}>
                    {row.segment}
                  </Link>
                ),
              },
              {
                name: "listed",
                isNumber: true,
                from: "sm",
                cell: (row) => formatCount(row.members),
              },
              {
                name: "pending",
                isNumber: true,
                from: "md",
                cell: (row) => formatCount(row.pending),
              },
              { name: "last push", from: "md", cell: (row) => <Last push={row.last_push} /> },
              {
                name: "match",
                isNumber: true,
                from: "lg",
                cell: (row) =>
                  row.last_push?.match_rate === null || row.last_push?.match_rate === undefined
                    ? "–"
                    : formatShare(row.last_push.match_rate),
              },
              { name: "next", from: "md", cell: (row) => <Next audience={row} /> },
              { name: "gate", cell: (row) => <Gate audience={row} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Last({ push }: { readonly push: Audience["last_push"] }) {
  if (push === null) return <span className="text-quiet">none yet</span>;
  return (
    <>
      {push.status} {formatMoves(push.adds, push.removes)}{" "}
      <span className="text-quiet">
        <Time at={push.ended_at} none="under way" />
      </span>
    </>
  );
}

/** When an audience's next push is due, in words. */
export function Next({ audience }: { readonly audience: Audience }) {
  if (audience.status !== "active") return <>{audience.status}</>;
  if (audience.interval_s === 0) return <>at once</>;
  if (audience.next_due_at === null) return <>under way</>;
  return <Due at={audience.next_due_at} />;
}

function Due({ at }: { readonly at: string }) {
  if (useNow() < Date.parse(at)) return <Time at={at} />;
  return (
    <>
      due since <Time at={at} form="clock" />
    </>
  );
}

function Gate({ audience }: { readonly audience: Audience }) {
  const { gate } = audience;
  if (gate === null) return <>–</>;
  const [code] = gate.codes;
  return (
    <>
      <Verdict verdict={gate.verdict} />
      {gate.verdict !== "pass" && code !== undefined && (
        <span className="text-quiet">: {codeText(code).name}</span>
      )}
    </>
  );
}
