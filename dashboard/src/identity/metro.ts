// The metro map of merges: a line per person that was; lines join at merges and fork at splits.
import type { Schemas } from "@/api/schemas";

type Merge = Schemas["Merge"];

export interface Stretch {
  readonly since: number | null;
  readonly until: number | null;
}

export interface MetroLine {
  readonly profile: string;
  readonly row: number;
  /** When the line was somebody: null is open, before the history or until now. */
  readonly stretches: readonly Stretch[];
}

export interface Station {
  readonly at: number;
  readonly merge: Merge;
  /** The row of whoever stayed, and of whoever joined or came out. */
  readonly row: number;
  readonly other: number;
}

export interface Metro {
  readonly lines: readonly MetroLine[];
  readonly stations: readonly Station[];
}

/** From merges in any order; the person whose page it is comes first. */
export function metro(merges: readonly Merge[], profile: string): Metro {
  const byId = new Map(merges.map((merge) => [merge.id, merge]));
  const inOrder = [...byId.values()].toSorted((a, b) => a.id - b.id);
  const rows = new Map([[profile, 0]]);
  for (const merge of inOrder.toReversed()) {
    for (const one of [merge.survivor, merge.other]) {
      if (!rows.has(one)) rows.set(one, rows.size);
    }
  }
  const open = new Map<string, number | null>();
  const stretches = new Map<string, Stretch[]>([...rows.keys()].map((one) => [one, []]));
  const close = (one: string, until: number | null): void => {
    const since = open.get(one);
    if (since !== undefined) stretches.get(one)?.push({ since, until });
    open.delete(one);
  };
  // Whoever is not said to have come out of somebody was there before the history begins.
  const isNew = new Set<string>();
  for (const merge of inOrder) {
    for (const one of [merge.survivor, merge.other]) {
      if (!open.has(one) && !isNew.has(one) && !(merge.kind !== "merge" && one === merge.other)) {
        open.set(one, null);
      }
      isNew.add(one);
    }
    const at = Date.parse(merge.recorded_at);
    if (merge.kind === "merge") close(merge.other, at);
    else if (!open.has(merge.other)) open.set(merge.other, at);
    if (!open.has(merge.survivor)) open.set(merge.survivor, at);
  }
  if (inOrder.length === 0) open.set(profile, null);
  for (const one of open.keys()) close(one, null);
  return {
    lines: [...rows].map(([one, row]) => ({
      profile: one,
      row,
      stretches: stretches.get(one) ?? [],
    })),
    stations: inOrder.map((merge) => ({
      at: Date.parse(merge.recorded_at),
      merge,
      row: rows.get(merge.survivor) ?? 0,
      other: rows.get(merge.other) ?? 0,
    })),
  };
}
