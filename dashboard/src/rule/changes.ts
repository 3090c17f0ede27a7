// What is different between two rules, line by line of their words.
import { outline } from "./outline";
import type { Rule } from "./types";
import type { Names } from "./words";

export type ChangedLine = {
  kind: "same" | "added" | "removed";
  depth: number;
  text: string;
};

/** The lines of both rules in one list: the longest common part stays, what was there goes first. */
export function changesOf(before: Rule | null, after: Rule, names?: Names): ChangedLine[] {
  const old = before === null ? [] : outline(before, names).map(keyed);
  const next = outline(after, names).map(keyed);
  const common = commonLengths(old, next);
  const lines: ChangedLine[] = [];
  let [left, right] = [0, 0];
  while (left < old.length || right < next.length) {
    const [one, other] = [old[left], next[right]];
    if (one !== undefined && other !== undefined && one.key === other.key) {
      lines.push({ kind: "same", depth: other.depth, text: other.text });
      left += 1;
      right += 1;
    } else if (
      one !== undefined &&
      lengthAt(common, left + 1, right) >= lengthAt(common, left, right + 1)
    ) {
      lines.push({ kind: "removed", depth: one.depth, text: one.text });
      left += 1;
    } else if (other !== undefined) {
      lines.push({ kind: "added", depth: other.depth, text: other.text });
      right += 1;
    }
  }
  return lines;
}

type Keyed = { key: string; depth: number; text: string };

function keyed({ depth, text }: { depth: number; text: string }): Keyed {
  return { key: `${depth} ${text}`, depth, text };
}

/** Lengths of the longest common sequence of lines from each pair of places on; -1 past an end. */
function commonLengths(old: readonly Keyed[], next: readonly Keyed[]): number[][] {
  const lengths = Array.from({ length: old.length + 1 }, () =>
    Array.from({ length: next.length + 1 }, () => 0),
  );
  for (let left = old.length - 1; left >= 0; left -= 1) {
    for (let right = next.length - 1; right >= 0; right -= 1) {
      const row = lengths[left];
      if (row === undefined) continue;
      row[right] =
        old[left]?.key === next[right]?.key
          ? lengthAt(lengths, left + 1, right + 1) + 1
          : Math.max(lengthAt(lengths, left + 1, right), lengthAt(lengths, left, right + 1));
    }
  }
  return lengths;
}

function lengthAt(lengths: readonly number[][], left: number, right: number): number {
  return lengths[left]?.[right] ?? -1;
}
