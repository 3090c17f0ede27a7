// A whole rule in words: one line per block, and one sentence.
import { type Block, draw } from "./blocks";
import type { Path } from "./path";
import type { Rule } from "./types";
import { type Names, nodeWords } from "./words";

export type Line = { path: Path; depth: number; text: string };

/** One line per block, in the order and depth of the tree; a negation is part of its line. */
export function outline(rule: Rule, names?: Names): Line[] {
  return linesOf(draw(rule), 0, names);
}

function linesOf(block: Block, depth: number, names: Names | undefined): Line[] {
  const not = "it is not true that ".repeat(block.nots);
  const isGroup = block.node.type === "all" || block.node.type === "any";
  const text = `${not}${groupWords(block) ?? nodeWords(block.node, names)}${isGroup && block.children.length ? ":" : ""}`;
  const line = { path: block.path, depth, text };
  return [line, ...block.children.flatMap((child) => linesOf(child, depth + 1, names))];
}

function groupWords(block: Block): string | null {
  if (block.children.length > 0) return null;
  if (block.node.type === "all") return "everybody";
  return block.node.type === "any" ? "nobody" : null;
}

/** "Everybody for whom …, and …." */
export function sentence(rule: Rule, names?: Names): string {
  const root = draw(rule);
  const isEmpty = root.children.length === 0 && root.nots === 0;
  if (isEmpty && root.node.type === "all") return "Everybody.";
  if (isEmpty && root.node.type === "any") return "Nobody.";
  return `Everybody of whom this is true: ${clause(root, names, true)}.`;
}

function clause(block: Block, names: Names | undefined, isOuter = false): string {
  const not = "not: ".repeat(block.nots);
  const { type } = block.node;
  if (type !== "all" && type !== "any") return not + nodeWords(block.node, names);
  const empty = groupWords(block);
  if (empty !== null) return not + empty;
  const parts = block.children.map((child) => clause(child, names));
  const joined = parts.join(type === "all" ? ", and " : ", or ");
  const isBare = parts.length === 1 || (isOuter && block.nots === 0);
  return not + (isBare ? joined : `(${joined})`);
}
