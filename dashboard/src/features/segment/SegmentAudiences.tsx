// Tab: the audiences that follow the segment.
import { Link } from "@tanstack/react-router";
import { useAudiences } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { formatCount } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Verdict } from "@/ui/State";
import { NotWhole } from "@/ui/NotAll";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Audience = Schemas["AudienceView"];

/** Audiences, and a way to make another one. */
export function SegmentAudiences({ segment }: { readonly segment: number }) {
  const audiences = useAudiences({ params: { query: { segment, limit: 200 } } });
  const whole = useWhole(audiences);
  const create = (
    <Link to="/cdp/audience-sync" search={{ open: "new", segment: String(segment) }}>
      Create audience
    </Link>
  );
  const own = rowsOf(audiences.data);
  return (
    <div className="grid gap-3">
      <Answer
        asked={audiences}
        name="audiences"
        height="8rem"
        empty={() =>
          own.length === 0 && whole.isWhole ? (
            <Empty title="No audience follows this segment">
              An audience brings its members to an ad platform. {create}
            </Empty>
          ) : undefined
        }
      >
        {() => (
          <>
            <Table<Audience>
              caption="Audiences that follow the segment"
              rows={own}
              keyOf={(row) => row.id}
              more={whole.isCut ? audiences : undefined}
              isLive
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
                { name: "state", from: "sm", cell: (row) => row.status },
                { name: "listed", isNumber: true, cell: (row) => formatCount(row.members) },
                {
                  name: "pending",
                  isNumber: true,
                  from: "md",
                  cell: (row) => formatCount(row.pending),
                },
                { name: "gate", cell: (row) => <Verdict verdict={row.gate?.verdict} /> },
                {
                  name: "next push",
                  from: "md",
                  cell: (row) => <Time at={row.next_due_at} none="–" />,
                },
              ]}
            />
            <NotWhole name="audiences" {...whole} />
            <p>{create}</p>
          </>
        )}
      </Answer>
    </div>
  );
}
