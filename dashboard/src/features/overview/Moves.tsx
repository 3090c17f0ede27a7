// The segments that moved most in the last day.
import { Link } from "@tanstack/react-router";
import { useSegmentSizes } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { formatMoves, formatCount, formatShare } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { NotWhole } from "@/ui/NotAll";
import { rowsOf, Table } from "@/ui/Table";

const SHOWN = 6;
type Size = Schemas["SegmentSize"];

/** Segments by entries and exits of the last day. */
export function Moves() {
  const sizes = useSegmentSizes({ params: { query: { limit: 200 } } });
  const whole = useWhole(sizes);
  return (
    <Card title="Segments that moved most" aside={<Link to="/cdp/segments">All segments</Link>}>
      <Answer
        asked={sizes}
        name="segments"
        height="12rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No segment yet">
              <Link to="/cdp/segments">Start from a recipe</Link>
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Size>
            caption="Segments by entries and exits of the last 24 hours"
            rows={rowsOf(data)
              .toSorted((one, other) => other.entries + other.exits - one.entries - one.exits)
              .slice(0, SHOWN)}
            keyOf={(row) => row.id}
            columns={[
              {
                name: "segment",
                cell: (row) => (
                  <Link to="/cdp/segments/$id" params={{ id: String(row.id) }}>
                    {row.name}
                  </Link>
                ),
              },
              { name: "members", isNumber: true, cell: (row) => formatCount(row.members) },
              {
                name: "24 h",
                isNumber: true,
                cell: (row) => formatMoves(row.entries, row.exits),
              },
              {
                name: "volatility",
                isNumber: true,
                from: "sm",
                cell: (row) => (row.volatility === null ? "–" : formatShare(row.volatility)),
              },
            ]}
          />
        )}
      </Answer>
      {sizes.data !== undefined && <NotWhole name="segments" {...whole} />}
    </Card>
  );
}
