// Tab: what was stated of a person, and what is computed of them.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Value } from "./Value";

type Profile = Schemas["Profile"];

/** Traits and computed traits. */
export function Traits({ profile }: { readonly profile: Profile }) {
  const stated = Object.entries(profile.traits).toSorted(([one], [other]) =>
    one.localeCompare(other),
  );
  const computed = Object.entries(profile.computed).toSorted(([one], [other]) =>
    one.localeCompare(other),
  );
  return (
    <>
      <Card title="Traits">
        {stated.length === 0 ? (
          <Empty title="No trait is known">Identify events state traits.</Empty>
        ) : (
          <Table
            caption="Traits"
            rows={stated}
            keyOf={([name]) => name}
            columns={[
              { name: "trait", cell: ([name]) => name },
              { name: "value", cell: ([, trait]) => <Value value={trait.value} /> },
              { name: "stated", cell: ([, trait]) => <Time at={trait.at} /> },
            ]}
          />
        )}
      </Card>
      <Card title="Computed traits" aside={<Link to="/insight/traits">Definitions</Link>}>
        {computed.length === 0 ? (
          <Empty title="No trait is computed">Publish one, and everybody has it.</Empty>
        ) : (
          <Table
            caption="Computed traits"
            rows={computed}
            keyOf={([name]) => name}
            columns={[
              { name: "trait", cell: ([name]) => name },
              {
                name: "value",
                cell: ([, { building, value }]) =>
                  building && value === null ? (
                    <span className="text-unknown">building</span>
                  ) : (
                    <>
                      <Value value={value} />
                      {building && <span className="text-unknown"> building</span>}
                    </>
                  ),
              },
              { name: "version", isNumber: true, cell: ([, { version }]) => version },
            ]}
          />
        )}
      </Card>
    </>
  );
}
