// Tab: who is in the segment, since when, and why.
import { getRouteApi } from "@tanstack/react-router";
import { useSegmentMembers } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { MaskSwitch } from "@/ui/Mask";
import { SearchField } from "@/ui/SearchField";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { PersonLink } from "@/ui/PersonLink";
import { WhyButton } from "./WhySheet";

const route = getRouteApi("/frame/cdp/segments/$id");
type Member = Schemas["Member"];

/** The members, those who came last first. */
export function Members({ segment }: { readonly segment: number }) {
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const members = useSegmentMembers({
    params: { path: { id: segment }, query: { search: search ?? null } },
  });
  return (
    <div className="grid gap-3">
      <p className="flex flex-wrap items-center gap-2">
        <SearchField
          label="Identifier begins with"
          value={search}
          onSearch={(text) =>
            void navigate({ search: (earlier) => ({ ...earlier, search: text }), replace: true })
          }
        />
        <MaskSwitch />
      </p>
      <Answer
        asked={members}
        name="members"
        height="16rem"
        empty={(data) =>
          rowsOf(data).length > 0 ? undefined : search === undefined ? (
            <Empty title="Nobody is in this segment">
              Members come with the events that make them fit the rule.
            </Empty>
          ) : (
            <Empty title="No member has such an identifier" />
          )
        }
      >
        {(data) => (
          <Table<Member>
            caption="Members"
            rows={rowsOf(data)}
            keyOf={(row) => row.profile_id}
            more={members}
            columns={[
              {
                name: "person",
                cell: (row) => (
                  <PersonLink profile={row.profile_id} identifiers={row.person.identifiers} />
                ),
              },
              { name: "since", cell: (row) => <Time at={row.since} /> },
              { name: "stage", from: "md", cell: (row) => row.person.stage },
              {
                name: "orders",
                isNumber: true,
                from: "md",
                cell: (row) => formatCount(row.person.orders),
              },
              {
                name: "last seen",
                from: "sm",
                cell: (row) => <Time at={row.person.last_seen_at} />,
              },
              { name: "reason", cell: (row) => <WhyButton profile={row.profile_id} /> },
            ]}
          />
        )}
      </Answer>
    </div>
  );
}
