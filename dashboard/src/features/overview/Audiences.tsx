// Audiences: when each goes next, and what the gate says of it.
import { Link } from "@tanstack/react-router";
import { useAudiences } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { formatCount } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { NotWhole } from "@/ui/NotAll";
import { Verdict } from "@/ui/State";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

const SHOWN = 6;
type Audience = Schemas["AudienceView"];
const ORDER = ["block", "hold", "pass"];

/** Audiences, those that wait first. */
export function Audiences() {
  const audiences = useAudiences({ params: { query: { limit: 200 } } });
  const whole = useWhole(audiences);
  return (
    <Card title="Audiences" aside={<Link to="/cdp/audience-sync">All audiences</Link>}>
      <Answer
        asked={audiences}
        name="audiences"
        height="12rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No audience yet">
              <Link to="/cdp/audience-sync">Link a segment to a platform</Link>
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Audience>
            caption="Audiences, those that wait first"
            rows={rowsOf(data).toSorted(waitingFirst).slice(0, SHOWN)}
            keyOf={(row) => row.id}
            columns={[
              {
                name: "audience",
                cell: (row) => (
                  <>
                    <Link to="/cdp/audience-sync/$id" params={{ id: String(row.id) }}>
                      {row.name}
                    </Link>{" "}
                    <span className="text-quiet">{row.platform}</span>
                  </>
                ),
              },
              { name: "listed", isNumber: true, cell: (row) => formatCount(row.members) },
              {
                name: "due",
                from: "sm",
                cell: (row) => <Time at={row.next_due_at} none="–" />,
              },
              { name: "gate", cell: (row) => <Verdict verdict={row.gate?.verdict} /> },
            ]}
          />
        )}
      </Answer>
      {audiences.data !== undefined && <NotWhole name="audiences" {...whole} />}
    </Card>
  );
}

function waitingFirst(one: Audience, other: Audience): number {
  return ORDER.indexOf(one.gate?.verdict ?? "pass") - ORDER.indexOf(other.gate?.verdict ?? "pass");
}
