// The table of links: what states each, whether it holds, and which are bridges.
import type { Bridge } from "@/identity/bridges";
import type { Edge } from "@/identity/network";
import { Button } from "@/ui/Button";
import { useMasked } from "@/ui/Mask";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { causeWords, endWords, statusWords } from "./words";

interface Props {
  readonly edges: readonly Edge[];
  readonly bridges: ReadonlyMap<string, Bridge>;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

/** Bridges first: a wrong merge sits there. */
export function LinkTable({ edges, bridges, selected, onSelect }: Props) {
  const isMasked = useMasked();
  const weight = (edge: Edge) => {
    const bridge = bridges.get(edge.id);
    return bridge === undefined ? 0 : Math.min(bridge.nearA, bridge.nearB);
  };
  return (
    <Table<Edge>
      caption="Links, the weightiest bridges first"
      rows={edges.toSorted((one, other) => weight(other) - weight(one))}
      keyOf={(edge) => edge.id}
      isCurrent={(edge) => edge.id === selected}
      columns={[
        {
          name: "link",
          cell: (edge) => (
            <Button look="bare" className="text-left" onClick={() => onSelect(edge.id)}>
              {endWords(edge.link.a, isMasked)} — {endWords(edge.link.b, isMasked)}
            </Button>
          ),
        },
        { name: "status", cell: (edge) => statusWords(edge.link.status) },
        {
          name: "bridge",
          cell: (edge) => {
            const bridge = bridges.get(edge.id);
            return bridge === undefined ? "" : `splits ${bridge.nearA} | ${bridge.nearB}`;
          },
        },
        { name: "stated by", from: "md", cell: (edge) => causeWords(edge.link.cause) },
        { name: "stated", cell: (edge) => <Time at={edge.link.stated_at} /> },
      ]}
    />
  );
}
