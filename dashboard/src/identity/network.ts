// A person's identity as nodes and edges, from the API's graph; ends of other people are ghosts.
import type { Schemas } from "@/api/schemas";

export interface Node {
  readonly key: string;
  readonly kind: string;
  readonly value: string;
  /** An end that belongs to another person, or to nobody that is stored. */
  readonly isGhost: boolean;
  readonly profileId: string | null;
  /** When the earliest stored event named it. */
  readonly firstAt: number | null;
}

export interface Edge {
  readonly id: string;
  readonly a: string;
  readonly b: string;
  readonly isHeld: boolean;
  readonly at: number;
  readonly link: Schemas["LinkView"];
}

export interface Network {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

export const NO_KIND = "not stored";

export const edgeId = (a: string, b: string): string => (a < b ? `${a}~${b}` : `${b}~${a}`);

/** Each identifier once, each link once; ends that are not the person's own become ghosts. */
export function networkOf(
  graph: Pick<Schemas["Graph"], "nodes" | "links" | "conflicts" | "profile_id">,
): Network {
  const nodes = new Map<string, Node>();
  for (const { key, kind, value, first_event: first } of graph.nodes) {
    const at = first?.occurred_at ? Date.parse(first.occurred_at) : Number.NaN;
    const firstAt = Number.isFinite(at) ? at : null;
    nodes.set(key, { key, kind, value, isGhost: false, profileId: graph.profile_id, firstAt });
  }
  const edges = new Map<string, Edge>();
  for (const link of [...graph.links, ...graph.conflicts]) {
    for (const end of [link.a, link.b]) {
      if (!nodes.has(end.key)) {
        nodes.set(end.key, {
          key: end.key,
          kind: end.kind ?? NO_KIND,
          value: end.value ?? "",
          isGhost: true,
          profileId: end.profile_id,
          firstAt: null,
        });
      }
    }
    const id = edgeId(link.a.key, link.b.key);
    const at = Date.parse(link.stated_at);
    edges.set(id, {
      id,
      a: link.a.key,
      b: link.b.key,
      isHeld: link.status === "linked",
      at,
      link,
    });
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

export interface Neighbour {
  readonly edge: Edge;
  readonly to: string;
}

/** The neighbours of each node over some edges, in the edges' order. */
export function neighboursOf(edges: readonly Edge[]): ReadonlyMap<string, readonly Neighbour[]> {
  const found = new Map<string, Neighbour[]>();
  const add = (from: string, to: string, edge: Edge): void => {
    const list = found.get(from);
    if (list) list.push({ edge, to });
    else found.set(from, [{ edge, to }]);
  };
  for (const edge of edges) {
    if (edge.a !== edge.b) {
      add(edge.a, edge.b, edge);
      add(edge.b, edge.a, edge);
    }
  }
  return found;
}
