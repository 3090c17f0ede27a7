// All computed traits: what they compute, whether they are live, and who uses them.
import { Link } from "@tanstack/react-router";
import { useTraits } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { usersWords, useUsers } from "@/rule-ui/users";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Building } from "./Building";
import { traitWords } from "./functions";

type Trait = Schemas["TraitView"];

/** The table of traits. */
export function TraitTable({ open }: { readonly open: number | null }) {
  const traits = useTraits({ params: { query: { limit: 100 } } });
  return (
    <Card title="Traits">
      <Answer
        asked={traits}
        name="computed traits"
        height="16rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No computed trait yet">
              A computed trait is a value like “spent in 90 days”, kept up to date for everybody.
              Create the first one above.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Trait>
            caption="Computed traits"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            isCurrent={(row) => row.id === open}
            more={traits}
            columns={[
              {
                name: "name",
                cell: (row) => (
                  <Link to="." search={{ open: String(row.id) } as never} replace>
                    {row.name}
                  </Link>
                ),
              },
              {
                name: "computes",
                cell: ({ rule }) =>
                  rule === null ? (
                    <span className="text-quiet">nothing until it is published</span>
                  ) : (
                    traitWords(rule)
                  ),
              },
              { name: "state", cell: (row) => <Status trait={row} /> },
              { name: "used by", from: "md", cell: (row) => <Used name={row.name} /> },
              { name: "changed", from: "lg", cell: (row) => <Time at={row.updated_at} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

/** Draft or live, by version, and how far it is built. */
export function Status({ trait }: { readonly trait: Trait }) {
  const { status, version, newest_version, name } = trait;
  return (
    <>
      {version === 0 ? status : `${status}, version ${version}`}
      {version > 0 && newest_version > version && `; version ${newest_version} is a draft`}
      <Building name={name} />
    </>
  );
}

function Used({ name }: { readonly name: string }) {
  return <>{usersWords(useUsers((node) => node.type === "computed" && node.name === name))}</>;
}
