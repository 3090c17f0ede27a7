// What the tree of blocks is given, and what its keys do.
import { outermost } from "@/rule/edit";
import type { Path } from "@/rule/path";
import type { Problem } from "@/rule/problems";
import type { Action } from "@/rule/reducer";
import { type Closed, type Key, type Row, stepFrom } from "@/rule/tree";
import type { Rule } from "@/rule/types";
import type { Catalogue } from "@/rule-ui/catalogue";

/** How many people a block holds for, said by its path (`$.of[1]`): a text as the API has it. */
export type Counts = ReadonlyMap<string, { readonly text: string; readonly share: number }>;

export interface TreeProps {
  readonly rule: Rule;
  /** What the reducer says is in focus. */
  readonly focus: Path;
  readonly catalogue: Catalogue;
  readonly problems: readonly Problem[];
  readonly counts: Counts;
  readonly dispatch: (action: Action) => void;
}

/** What a key on a block does; null: nothing, and the browser may have it. */
export type Deed =
  | { readonly does: Action; readonly says: string | null }
  | { readonly go: Path }
  | { readonly open: Path }
  | { readonly close: Path }
  | { readonly enter: true }
  | { readonly add: Path }
  | null;

const ARROWS: readonly string[] = [
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
  "Home",
  "End",
];

interface Pressed {
  readonly key: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/** Undo and redo, wherever the focus is in the tree. */
export function historyDeed(event: Pressed): Deed {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (key === "y" || (key === "z" && event.shiftKey)) {
    return { does: { type: "redo" }, says: "Redone" };
  }
  return key === "z" ? { does: { type: "undo" }, says: "Undone" } : null;
}

/** What a key does while a block itself has the focus. */
export function blockDeed(
  event: Pressed,
  rule: Rule,
  rows: readonly Row[],
  closed: Closed,
  at: Path,
): Deed {
  if (event.ctrlKey || event.metaKey) return null;
  const path = outermost(rule, at);
  if (event.altKey) {
    if (event.key === "ArrowUp") return { does: { type: "shift", path, by: -1 }, says: "Moved up" };
    if (event.key === "ArrowDown") {
      return { does: { type: "shift", path, by: 1 }, says: "Moved down" };
    }
    return null;
  }
  if (ARROWS.includes(event.key)) {
    const step = stepFrom(rows, closed, at, event.key as Key);
    return step !== null && "focus" in step ? { go: step.focus } : step;
  }
  if (event.key === "Enter") return { enter: true };
  if (event.key === "+") return { add: at };
  if (event.key === "Delete") return { does: { type: "remove", path }, says: "Removed" };
  return null;
}
