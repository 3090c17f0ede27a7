// Why two identifiers are one person: the shortest chain of links that hold.
import { type Edge, type Network, neighboursOf } from "@/identity/network";

export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly edge: Edge;
}

/** The hops from one identifier to another; empty for the same one, null where no chain holds. */
export function path({ edges }: Network, from: string, to: string): readonly Hop[] | null {
  const neighbours = neighboursOf(edges.filter((edge) => edge.isHeld));
  const arrived = new Map<string, Hop | null>([[from, null]]);
  const queue = [from];
  // The queue grows while it is read: breadth first.
  for (const key of queue) {
    if (key === to) break;
    for (const way of neighbours.get(key) ?? []) {
      if (!arrived.has(way.to)) {
        arrived.set(way.to, { from: key, to: way.to, edge: way.edge });
        queue.push(way.to);
      }
    }
  }
  if (!arrived.has(to)) return null;
  const hops: Hop[] = [];
  for (let hop = arrived.get(to); hop; hop = arrived.get(hop.from)) hops.push(hop);
  return hops.toReversed();
}
