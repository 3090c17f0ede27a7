// Blocks: a rule as it is drawn. Every `not` is a mark on the block that it negates.
import { type Path, ROOT } from "./path";
import type { NotNode, Rule } from "./types";

export type Block = {
  /** Of the block with its negations: where it can be moved, removed, negated. */
  path: Path;
  /** Of the node itself: where its fields are. */
  inner: Path;
  /** How often it is negated. */
  nots: number;
  /** The node; of a group, what is below it is in `children`. */
  node: Exclude<Rule, NotNode>;
  children: Block[];
};

export function draw(rule: Rule, path: Path = ROOT): Block {
  let node = rule;
  let inner = path;
  let nots = 0;
  while (node.type === "not") {
    node = node.of;
    inner = [...inner, "of"];
    nots += 1;
  }
  const children =
    node.type === "all" || node.type === "any"
      ? node.of.map((child, index) => draw(child, [...inner, "of", index]))
      : [];
  return { path, inner, nots, node, children };
}

/** The rule of a block: what `draw` was given. */
export function read(block: Block): Rule {
  const { node, children, nots } = block;
  let rule: Rule =
    node.type === "all" || node.type === "any"
      ? { ...node, of: children.map((child) => read(child)) }
      : node;
  for (let count = 0; count < nots; count += 1) rule = { type: "not", of: rule };
  return rule;
}
