// What the rule has in common with segments that exist, the largest share first.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { formatInterval, formatShare } from "@/lib/number";
import { Table } from "@/ui/Table";

type Overlap = Schemas["OverlapView"];

/** A list of overlaps; segments without any are left out. */
export function Overlaps({ overlaps }: { readonly overlaps: readonly Overlap[] }) {
  const some = overlaps
    .filter(({ both }) => both.value > 0)
    .toSorted((one, other) => (other.share_of_draft ?? 0) - (one.share_of_draft ?? 0));
  if (some.length === 0) return null;
  return (
    <section aria-label="Overlaps" className="grid gap-2">
      <h3>In common with</h3>
      <Table<Overlap>
        caption="Overlaps with segments that exist"
        rows={some}
        keyOf={(row) => row.segment_id}
        columns={[
          {
            name: "segment",
            cell: (row) => (
              <Link to="/cdp/segments/$id" params={{ id: String(row.segment_id) }}>
                {row.name}
              </Link>
            ),
          },
          { name: "people", isNumber: true, cell: (row) => formatInterval(row.both) },
          { name: "of these", isNumber: true, cell: (row) => shareText(row.share_of_draft) },
          {
            name: "of that one",
            isNumber: true,
            from: "sm",
            cell: (row) => shareText(row.share_of_segment),
          },
        ]}
      />
    </section>
  );
}

function shareText(share: number | null): string {
  return share === null ? "–" : formatShare(share).replace(" ", "\u00a0");
}
