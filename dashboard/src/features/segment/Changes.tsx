// Tab: who entered and left, newest first.
import { Link } from "@tanstack/react-router";
import { useSegmentChanges } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, Empty } from "@/ui/Answer";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { CAUSES } from "./causes";
import { WhyButton } from "./WhySheet";

type Change = Schemas["SegmentChangeView"];

/** Entries and exits, newest first. */
export function Changes({ segment }: { readonly segment: number }) {
  const changes = useSegmentChanges({ params: { path: { id: segment } } });
  return (
    <Answer
      asked={changes}
      name="entries and exits"
      height="16rem"
      empty={(data) =>
        rowsOf(data).length === 0 ? (
          <Empty title="Nobody entered or left yet">
            The first publishing counts: everybody it finds enters.
          </Empty>
        ) : undefined
      }
    >
      {(data) => (
        <Table<Change>
          caption="Entries and exits, newest first"
          rows={rowsOf(data)}
          keyOf={(row) => row.id}
          more={changes}
          columns={[
            { name: "at", cell: (row) => <Time at={row.at} form="clock" /> },
            {
              name: "change",
              cell: (row) => (row.kind === "entry" ? "↑ entered" : "↓ left"),
            },
            {
              name: "person",
              cell: (row) => (
                <Link to="/cdp/profiles/$id" params={{ id: row.profile_id }}>
                  {row.profile_id.slice(0, 8)}
                </Link>
              ),
            },
            { name: "because", cell: (row) => CAUSES[row.cause] ?? row.cause },
            { name: "version", isNumber: true, from: "md", cell: (row) => row.version },
            { name: "reason", cell: (row) => <WhyButton profile={row.profile_id} /> },
          ]}
        />
      )}
    </Answer>
  );
}
