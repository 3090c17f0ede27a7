// The columns layout: a column per kind, a row per identifier. Linear, and never overlapping.
import type { Node } from "@/identity/network";

export const COLUMN = 170;
export const ROW = 52;
const MARGIN = 72;
const HEAD = 40;

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface ColumnHead {
  readonly kind: string;
  readonly x: number;
  readonly count: number;
}

export interface Drawing {
  readonly places: ReadonlyMap<string, Place>;
  readonly columns: readonly ColumnHead[];
  readonly width: number;
  readonly height: number;
}

/** Kinds in the workspace's order of priority; others after them by name. */
export function kindsOf(nodes: readonly Node[], priority: readonly string[]): string[] {
  const rank = new Map(priority.map((kind, place) => [kind, place]));
  const of = (kind: string): number => rank.get(kind) ?? priority.length;
  const kinds = [...new Set(nodes.map((node) => node.kind))];
  return kinds.toSorted((a, b) => of(a) - of(b) || (a < b ? -1 : 1));
}

/** Own identifiers first, then other people's, each in the order given. */
export function columns(nodes: readonly Node[], priority: readonly string[]): Drawing {
  const kinds = kindsOf(nodes, priority);
  const place = new Map(kinds.map((kind, index) => [kind, index]));
  const counts = kinds.map(() => 0);
  const places = new Map<string, Place>();
  const inOrder = [...nodes.filter((node) => !node.isGhost), ...nodes.filter((n) => n.isGhost)];
  for (const node of inOrder) {
    const column = place.get(node.kind) ?? 0;
    const row = counts[column] ?? 0;
    counts[column] = row + 1;
    places.set(node.key, { x: MARGIN + column * COLUMN, y: HEAD + row * ROW + ROW / 2 });
  }
  return {
    places,
    columns: kinds.map((kind, index) => ({
      kind,
      x: MARGIN + index * COLUMN,
      count: counts[index] ?? 0,
    })),
    width: Math.max(1, kinds.length) * COLUMN + MARGIN,
    height: HEAD + Math.max(1, ...counts) * ROW + MARGIN,
  };
}
