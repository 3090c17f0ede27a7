// Why two identifiers are one person: the shortest chain of links, a sentence each.
import type { Network } from "@/identity/network";
import type { Hop } from "@/identity/paths";
import { plural } from "@/lib/number";
import { Card } from "@/ui/Card";
import { useMasked } from "@/ui/Mask";
import { Time } from "@/ui/Time";
import { causeWords, endWords } from "./words";

interface Props {
  readonly network: Network;
  readonly from: string;
  readonly to: string;
  readonly hops: readonly Hop[] | null;
}

/** The chain between two chosen identifiers. */
export function Chain({ network, from, to, hops }: Props) {
  const isMasked = useMasked();
  const nodes = new Map(network.nodes.map((node) => [node.key, node]));
  const named = (key: string) => {
    const node = nodes.get(key);
    return node === undefined ? "an identifier" : `${node.kind} ${endWords(node, isMasked)}`;
  };
  return (
    <Card title={`From ${named(from)} to ${named(to)}`}>
      {hops === null ? (
        <p>No chain of links that hold leads from one to the other.</p>
      ) : (
        <>
          <p className="text-quiet">{plural(hops.length, "link", "links")} apart</p>
          <ol className="list-decimal pl-5">
            {hops.map((hop) => (
              <li key={hop.edge.id}>
                {named(hop.from)} and {named(hop.to)}, because {causeWords(hop.edge.link.cause)}{" "}
                said both <Time at={hop.edge.link.stated_at} form="clock" />
              </li>
            ))}
          </ol>
        </>
      )}
    </Card>
  );
}
