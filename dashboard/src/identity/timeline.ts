// The person over time: which identifiers hung together at an instant, and when they joined.
import type { Network } from "@/identity/network";

/** Union by size with halved paths; a group is named by its earliest member. */
export class Groups {
  private readonly parent = new Map<string, string>();
  private readonly sizes = new Map<string, number>();

  constructor(keys: Iterable<string>) {
    for (const key of keys) {
      this.parent.set(key, key);
      this.sizes.set(key, 1);
    }
  }

  has(key: string): boolean {
    return this.parent.has(key);
  }

  root(key: string): string {
    let at = key;
    for (;;) {
      const up = this.parent.get(at) ?? at;
      if (up === at) return at;
      const further = this.parent.get(up) ?? up;
      this.parent.set(at, further);
      at = further;
    }
  }

  /** Whether they were apart before. */
  unite(one: string, other: string): boolean {
    let [big, small] = [this.root(one), this.root(other)];
    if (big === small) return false;
    if ((this.sizes.get(big) ?? 0) < (this.sizes.get(small) ?? 0)) [big, small] = [small, big];
    this.parent.set(small, big);
    this.sizes.set(big, (this.sizes.get(big) ?? 0) + (this.sizes.get(small) ?? 0));
    return true;
  }
}

/** When each identifier is first known of: its first event, or the first link that names it. */
export function bornAt({ nodes, edges }: Network): ReadonlyMap<string, number> {
  const born = new Map<string, number>();
  const earlier = (key: string, at: number): void => {
    if (Number.isFinite(at)) born.set(key, Math.min(at, born.get(key) ?? at));
  };
  for (const node of nodes) if (node.firstAt !== null) earlier(node.key, node.firstAt);
  for (const edge of edges) {
    earlier(edge.a, edge.at);
    earlier(edge.b, edge.at);
  }
  return born;
}

/** The person's groups at an instant, numbered from 0 in the nodes' order; unborn ones absent. */
export function groupsAt(network: Network, at: number): ReadonlyMap<string, number> {
  const born = bornAt(network);
  const own = network.nodes.filter((node) => !node.isGhost);
  const there = own.filter((node) => (born.get(node.key) ?? Number.NEGATIVE_INFINITY) <= at);
  const groups = new Groups(there.map((node) => node.key));
  for (const edge of network.edges) {
    if (edge.isHeld && edge.at <= at && groups.has(edge.a) && groups.has(edge.b)) {
      groups.unite(edge.a, edge.b);
    }
  }
  const numbers = new Map<string, number>();
  const found = new Map<string, number>();
  for (const { key } of there) {
    const root = groups.root(key);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    found.set(key, number);
  }
  return found;
}

/** The instants at which the picture changes, in order: births and links. */
export function moments(network: Network): number[] {
  const all = new Set(bornAt(network).values());
  for (const edge of network.edges) if (Number.isFinite(edge.at)) all.add(edge.at);
  return [...all].toSorted((a, b) => a - b);
}
