// The table of identifiers: the same as the nodes of the picture, with the same acts.
import { Link } from "@tanstack/react-router";
import type { Network, Node } from "@/identity/network";
import { neighboursOf } from "@/identity/network";
import { Button } from "@/ui/Button";
import { Mask, useMasked } from "@/ui/Mask";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { endWords } from "./words";

interface Props {
  readonly network: Network;
  readonly chosen: readonly (string | undefined)[];
  readonly onChoose: (key: string) => void;
  /** Identifiers that are to be split off. */
  readonly marked: ReadonlySet<string>;
  readonly onMark: (key: string) => void;
}

/** Own identifiers with a check box to split them off; other people's with a link to them. */
export function Identifiers({ network, chosen, onChoose, marked, onMark }: Props) {
  const neighbours = neighboursOf(network.edges);
  const isMasked = useMasked();
  const nameOf = (node: Node) => `${node.kind} ${endWords(node, isMasked)}`;
  return (
    <Table<Node>
      caption="Identifiers"
      rows={network.nodes}
      keyOf={(node) => node.key}
      isCurrent={(node) => chosen.includes(node.key)}
      columns={[
        {
          name: "split off",
          cell: (node) =>
            node.isGhost ? null : (
              <input
                type="checkbox"
                aria-label={`Split off ${nameOf(node)}`}
                checked={marked.has(node.key)}
                onChange={() => onMark(node.key)}
              />
            ),
        },
        { name: "kind", cell: (node) => node.kind },
        {
          name: "value",
          cell: (node) => (node.value === "" ? "not stored" : <Mask value={node.value} />),
        },
        { name: "links", isNumber: true, cell: (node) => neighbours.get(node.key)?.length ?? 0 },
        {
          name: "first named",
          from: "md",
          cell: (node) => (
            <Time
              at={node.firstAt === null ? null : new Date(node.firstAt).toISOString()}
              none="not known"
            />
          ),
        },
        {
          name: "whose",
          cell: (node) =>
            node.isGhost && node.profileId !== null ? (
              <Link
                to="/cdp/identity/$id"
                params={{ id: node.profileId }}
                className="whitespace-nowrap"
              >
                another person
              </Link>
            ) : node.isGhost ? (
              "nobody's"
            ) : (
              "own"
            ),
        },
        {
          name: "path",
          cell: (node) => (
            <Button
              look="bare"
              aria-label={`Choose ${nameOf(node)} for the path`}
              aria-pressed={chosen.includes(node.key)}
              onClick={() => onChoose(node.key)}
            >
              {chosen.includes(node.key) ? "Chosen" : "Choose"}
            </Button>
          ),
        },
      ]}
    />
  );
}
