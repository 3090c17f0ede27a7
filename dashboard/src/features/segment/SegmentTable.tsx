// The list of segments: state, members, how they moved, and the audiences that follow.
import { Link } from "@tanstack/react-router";
import { useAudiences, useSegmentSizes, useSweeps } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { formatMoves, formatEstimate, formatShare, plural } from "@/lib/number";
import { rowsOf, Table, type More } from "@/ui/Table";
import { SegmentState } from "./SegmentState";

type Segment = Schemas["SegmentView"];

interface Props {
  readonly segments: readonly Segment[];
  readonly more: More;
}

/** The segments of a listing. */
export function SegmentTable({ segments, more }: Props) {
  const query = { limit: 200 } as const;
  const sizes = useSegmentSizes({ params: { query } });
  useWhole(sizes);
  const sweeps = rowsOf(useSweeps({ params: { query: { status: "running" } } }).data);
  const audiences = useAudiences({ params: { query } });
  const { isWhole } = useWhole(audiences);
  const moves = new Map(rowsOf(sizes.data).map((size) => [size.id, size]));
  const followers = rowsOf(audiences.data);
  return (
    <Table<Segment>
      caption="Segments"
      rows={segments}
      keyOf={(row) => row.id}
      more={more}
      columns={[
        { name: "segment", cell: (row) => <Name segment={row} /> },
        {
          name: "state",
          cell: (row) => (
            <SegmentState
              segment={row}
              sweep={sweeps.find((sweep) => sweep.segments.includes(row.id))}
            />
          ),
        },
        {
          name: "members",
          isNumber: true,
          cell: (row) =>
            row.version === 0 ? "–" : formatEstimate(row.members.value, row.members.exact),
        },
        {
          name: "24 h",
          isNumber: true,
          from: "sm",
          cell: (row) => movedText(moves.get(row.id)),
        },
        {
          name: "volatility",
          isNumber: true,
          from: "md",
          cell: (row) => volatilityText(moves.get(row.id)),
        },
        {
          name: "audiences",
          from: "md",
          cell: (row) => {
            const own = followers.filter((each) => each.segment_id === row.id);
            if (own.length === 0)
              return <span className="text-quiet">{isWhole ? "none" : "–"}</span>;
            return (
              <Link
                to="/cdp/segments/$id"
                params={{ id: String(row.id) }}
                search={{ tab: "audiences" }}
              >
                {isWhole ? "" : "at least "}
                {plural(own.length, "audience", "audiences")}
              </Link>
            );
          },
        },
      ]}
    />
  );
}

function Name({ segment }: { readonly segment: Segment }) {
  return (
    <>
      <Link to="/cdp/segments/$id" params={{ id: String(segment.id) }} className="break-words">
        {segment.name}
      </Link>
      {segment.description !== "" && (
        <span className="block text-note text-quiet break-words">{segment.description}</span>
      )}
    </>
  );
}

type Size = Schemas["SegmentSize"] | undefined;

function movedText(size: Size): string {
  return size === undefined ? "–" : formatMoves(size.entries, size.exits);
}

function volatilityText(size: Size): string {
  return size?.volatility === undefined || size.volatility === null
    ? "–"
    : formatShare(size.volatility);
}
