// Every version of the definition, and who made it live.
import { useRfmVersions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { spanWords } from "@/rule/spans";
import { filterWords } from "@/rule/words";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Version = Schemas["RfmVersionView"];

/** The card with the versions. */
export function Versions() {
  const versions = useRfmVersions({ params: { query: { limit: 20 } } });
  return (
    <Card title="Versions">
      <Answer asked={versions} name="versions" height="8rem">
        {(data) => (
          <Table<Version>
            caption="Versions of the RFM definition, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.version}
            more={versions}
            columns={[
              { name: "version", cell: (row) => row.version },
              {
                name: "purchases",
                cell: ({ rule }) =>
                  `${filterWords(rule.event)}, ${rule.property}, last ${spanWords(rule.look_back)}`,
              },
              { name: "by", from: "sm", cell: (row) => row.author_name ?? row.author },
              { name: "live since", from: "sm", cell: (row) => <Time at={row.published_at} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
