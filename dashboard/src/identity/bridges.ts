// Bridges: links whose removal splits the person, where a wrong merge sits. Linear (Tarjan).
import { type Edge, type Network, neighboursOf } from "@/identity/network";

export interface Bridge {
  readonly edge: Edge;
  /** How many identifiers are left on the side of `edge.a`, and on the side of `edge.b`. */
  readonly nearA: number;
  readonly nearB: number;
}

interface Visit {
  readonly key: string;
  readonly by: Edge | null;
  next: number;
}

/** Every held link that is the only way between two parts, with the parts' sizes. */
export function bridges({ nodes, edges }: Network): ReadonlyMap<string, Bridge> {
  const neighbours = neighboursOf(edges.filter((edge) => edge.isHeld));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const size = new Map<string, number>();
  const found = new Map<string, Bridge>();
  for (const { key: root } of nodes) {
    if (order.has(root)) continue;
    const cuts: { edge: Edge; child: string }[] = [];
    const stack: Visit[] = [{ key: root, by: null, next: 0 }];
    while (stack.length > 0) {
      const visit = stack.at(-1);
      if (!visit) break;
      const { key, by } = visit;
      if (visit.next === 0) {
        lowest.set(key, order.size);
        order.set(key, order.size);
        size.set(key, 1);
      }
      const way = neighbours.get(key)?.[visit.next];
      visit.next += 1;
      const low = lowest.get(key) ?? 0;
      if (way) {
        const seen = order.get(way.to);
        if (seen === undefined) stack.push({ key: way.to, by: way.edge, next: 0 });
        else if (way.edge.id !== by?.id) lowest.set(key, Math.min(low, seen));
        continue;
      }
      stack.pop();
      const parent = stack.at(-1)?.key;
      if (by && parent !== undefined) {
        size.set(parent, (size.get(parent) ?? 0) + (size.get(key) ?? 0));
        lowest.set(parent, Math.min(lowest.get(parent) ?? 0, low));
        if (low > (order.get(parent) ?? 0)) cuts.push({ edge: by, child: key });
      }
    }
    const all = size.get(root) ?? 0;
    for (const { edge, child } of cuts) {
      const below = size.get(child) ?? 0;
      const [nearA, nearB] = child === edge.a ? [below, all - below] : [all - below, below];
      found.set(edge.id, { edge, nearA, nearB });
    }
  }
  return found;
}
