// Tab: the lists at ad platforms that a person is on, or why not.
import { Link } from "@tanstack/react-router";
import { useProfileAudiences } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { LIST_REASONS, Listing } from "@/trust/listed";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Listed = Schemas["PersonAudienceView"];

/** Each audience of the workspace, platform by platform. */
export function Audiences({ profile }: { readonly profile: Schemas["Profile"] }) {
  const audiences = useProfileAudiences({ params: { path: { id: profile.id } } });
  return (
    <Card title="Audiences">
      <Answer
        asked={audiences}
        name="audiences"
        empty={(data) =>
          data.length === 0 ? (
            <Empty title="There is no audience yet">
              <Link to="/cdp/audience-sync" className="underline">
                Link a segment to a platform
              </Link>
              , and it is shown here whether this person is on the list.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Listed>
            caption="Audiences by platform"
            rows={data.toSorted((one, other) => one.platform.localeCompare(other.platform))}
            keyOf={(each) => each.audience_id}
            columns={[
              { name: "platform", cell: (each) => each.platform },
              {
                name: "audience",
                cell: (each) => (
                  <Link
                    to="/cdp/audience-sync/$id"
                    params={{ id: String(each.audience_id) }}
                    className="inline-flex min-h-6 items-center"
                  >
                    {each.name}
                  </Link>
                ),
              },
              { name: "state", cell: (each) => <Listing state={each.state} /> },
              { name: "the person", cell: (each) => LIST_REASONS[each.reason] },
              {
                name: "confirmed",
                from: "sm",
                cell: (each) => <Time at={each.confirmed_at} none="not" />,
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
