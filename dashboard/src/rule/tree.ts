// Moving in the tree of blocks with the keyboard, as screen readers expect of a tree.
import type { Block } from "./blocks";
import { isSame, type Path, spell, startsWith } from "./path";

export type Row = {
  block: Block;
  /** 1 for the root. */
  level: number;
  /** Among its siblings, from 1. */
  position: number;
  siblings: number;
  parent: Path | null;
};

/** Paths, spelled, of groups whose blocks are hidden. */
export type Closed = ReadonlySet<string>;

export type Key = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight" | "Home" | "End";
export type Step = { focus: Path } | { open: Path } | { close: Path } | null;

/** What is visible, from top to bottom. */
export function rowsOf(root: Block, closed: Closed): Row[] {
  return rowsBelow(root, closed, { level: 1, position: 1, siblings: 1, parent: null });
}

function rowsBelow(block: Block, closed: Closed, place: Omit<Row, "block">): Row[] {
  const rows: Row[] = [{ block, ...place }];
  if (closed.has(spell(block.path))) return rows;
  for (const [index, child] of block.children.entries()) {
    const level = place.level + 1;
    const siblings = block.children.length;
    const below = { level, position: index + 1, siblings, parent: block.path };
    rows.push(...rowsBelow(child, closed, below));
  }
  return rows;
}

/** Where a key leads from a path, or what it opens or closes; null: nowhere. */
export function stepFrom(rows: readonly Row[], closed: Closed, from: Path, key: Key): Step {
  const at = rows.findIndex((row) => isSame(row.block.path, from));
  const row = rows[at];
  if (row === undefined) return focusOn(rows[0]);
  const isClosed = closed.has(spell(row.block.path));
  switch (key) {
    case "ArrowUp":
      return focusOn(rows[at - 1]);
    case "ArrowDown":
      return focusOn(rows[at + 1]);
    case "Home":
      return focusOn(rows[0]);
    case "End":
      return focusOn(rows.at(-1));
    case "ArrowRight": {
      if (row.block.children.length === 0) return null;
      return isClosed ? { open: row.block.path } : focusOn(rows[at + 1]);
    }
    case "ArrowLeft": {
      if (row.block.children.length > 0 && !isClosed) return { close: row.block.path };
      return row.parent === null ? null : { focus: row.parent };
    }
  }
}

/** The row that shows a path: the block there, or the nearest visible one around it. */
export function rowAt(rows: readonly Row[], path: Path): Row | null {
  const around = rows.filter((row) => startsWith(path, row.block.path));
  return around.at(-1) ?? rows[0] ?? null;
}

function focusOn(row: Row | undefined): Step {
  return row === undefined ? null : { focus: row.block.path };
}
