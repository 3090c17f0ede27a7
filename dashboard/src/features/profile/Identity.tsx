// Tab: a person's identifiers; the identity page shows what holds them together.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Mask } from "@/ui/Mask";
import { Table } from "@/ui/Table";

/** Identifiers by kind. */
export function Identity({ profile }: { readonly profile: Schemas["Profile"] }) {
  const { identifiers, refused_links: refused } = profile;
  return (
    <Card
      title="Identifiers"
      aside={
        <Link to="/cdp/identity/$id" params={{ id: profile.id }}>
          Why these are one person
        </Link>
      }
    >
      {refused > 0 && (
        <p className="mb-3">
          {plural(refused, "link to somebody else was", "links to others were")} refused by a limit;
          the identity page explains {refused === 1 ? "it" : "them"}.
        </p>
      )}
      {identifiers.length === 0 ? (
        <Empty title="No identifier is stored" />
      ) : (
        <Table
          caption="Identifiers"
          rows={identifiers}
          keyOf={(identifier) => identifier.key}
          columns={[
            { name: "kind", cell: (identifier) => identifier.kind },
            { name: "value", cell: (identifier) => <Mask value={identifier.value} /> },
          ]}
        />
      )}
    </Card>
  );
}
