// Folding: identifiers of one kind that hang on one node only become one drawn node.
import { type Edge, type Network, type Node, edgeId, neighboursOf } from "@/identity/network";

/** The most nodes that the web layout draws. */
export const DRAWN_MOST = 150;

export interface Fold {
  readonly key: string;
  readonly kind: string;
  readonly on: string;
  readonly keys: readonly string[];
}

export interface Folded extends Network {
  readonly folds: ReadonlyMap<string, Fold>;
}

function candidates(network: Network): Fold[] {
  const neighbours = neighboursOf(network.edges);
  const groups = new Map<string, { kind: string; on: string; keys: string[] }>();
  for (const node of network.nodes) {
    const [only, ...others] = neighbours.get(node.key) ?? [];
    // Two that hang on each other only are a pair, not a bunch.
    if (only && others.length === 0 && only.edge.isHeld && !node.isGhost) {
      const key = `fold ${only.to} ${node.kind}`;
      const group = groups.get(key) ?? { kind: node.kind, on: only.to, keys: [] };
      group.keys.push(node.key);
      groups.set(key, group);
    }
  }
  return [...groups]
    .filter(([, group]) => group.keys.length > 1)
    .map(([key, group]) => ({ key, ...group }))
    .toSorted((a, b) => b.keys.length - a.keys.length || (a.key < b.key ? -1 : 1));
}

/** Fold the largest bunches first, until few enough nodes are left; `open` ones never. */
export function folded(network: Network, open: ReadonlySet<string>, most = DRAWN_MOST): Folded {
  const folds = new Map<string, Fold>();
  let count = network.nodes.length;
  for (const fold of candidates(network)) {
    if (count <= most) break;
    if (!open.has(fold.key)) {
      folds.set(fold.key, fold);
      count -= fold.keys.length - 1;
    }
  }
  const hidden = new Map([...folds.values()].flatMap((f) => f.keys.map((key) => [key, f.key])));
  const nodes: Node[] = network.nodes.filter((node) => !hidden.has(node.key));
  const edges: Edge[] = [];
  const seen = new Set<string>();
  for (const edge of network.edges) {
    const [a, b] = [hidden.get(edge.a) ?? edge.a, hidden.get(edge.b) ?? edge.b];
    const id = a === edge.a && b === edge.b ? edge.id : edgeId(a, b);
    if (!seen.has(id)) {
      seen.add(id);
      edges.push(id === edge.id ? edge : { ...edge, id, a, b });
    }
  }
  for (const { key, kind, keys } of folds.values()) {
    nodes.push({
      key,
      kind,
      value: `${keys.length} of kind ${kind}`,
      isGhost: false,
      profileId: null,
      firstAt: null,
    });
  }
  return { nodes, edges, folds };
}
