// Changes of a rule's tree. Each returns the new rule and the path to look at afterwards; where a
// change is not possible, the same rule.
import { isSame, nodeAt, parentPath, type Path, ROOT, startsWith } from "./path";
import type { GroupNode, Rule } from "./types";

export type Edited = { rule: Rule; focus: Path };
/** A place between the nodes of a group. */
export type Spot = { group: Path; index: number };

/** Replace the node at a path. */
export function put(rule: Rule, path: Path, node: Rule): Rule {
  const [key, index, ...deeper] = path;
  if (key === undefined) return node;
  if (rule.type === "not" && key === "of") {
    const of = put(rule.of, path.slice(1), node);
    return of === rule.of ? rule : { ...rule, of };
  }
  if (!isGroup(rule) || typeof index !== "number") return rule;
  const child = rule.of[index];
  if (child === undefined) return rule;
  const changed = put(child, deeper, node);
  return changed === child ? rule : { ...rule, of: rule.of.with(index, changed) };
}

/** Put a node into a group. */
export function insert(rule: Rule, spot: Spot, node: Rule): Edited {
  const group = nodeAt(rule, spot.group);
  if (group === null || !isGroup(group)) return { rule, focus: spot.group };
  const index = Math.max(0, Math.min(spot.index, group.of.length));
  const of = group.of.toSpliced(index, 0, node);
  return { rule: put(rule, spot.group, { ...group, of }), focus: [...spot.group, "of", index] };
}

/** Make a node the only one of a new group. */
export function wrap(rule: Rule, path: Path, type: GroupNode["type"]): Edited {
  const node = nodeAt(rule, path);
  if (node === null) return { rule, focus: path };
  return { rule: put(rule, path, { type, of: [node] }), focus: path };
}

/** Put the nodes of a group in its place. */
export function unwrap(rule: Rule, path: Path): Edited {
  const group = nodeAt(rule, path);
  if (group === null || !isGroup(group)) return { rule, focus: path };
  const [only] = group.of;
  if (only !== undefined && group.of.length === 1) {
    return { rule: put(rule, path, only), focus: path };
  }
  const parent = parentOf(rule, path);
  if (parent === null) return { rule, focus: path };
  const of = parent.node.of.toSpliced(parent.index, 1, ...group.of);
  const focus = group.of.length > 0 ? path : parent.path;
  return { rule: put(rule, parent.path, { ...parent.node, of }), focus };
}

/** Take a node away, with a `not` around it. Without the last one, everybody is meant. */
export function remove(rule: Rule, path: Path): Edited {
  const outer = outermost(rule, path);
  const parent = parentOf(rule, outer);
  if (nodeAt(rule, path) === null) return { rule, focus: path };
  if (parent === null) return { rule: { type: "all", of: [] }, focus: ROOT };
  const of = parent.node.of.toSpliced(parent.index, 1);
  const next = Math.min(parent.index, of.length - 1);
  const focus = next < 0 ? parent.path : [...parent.path, "of", next];
  return { rule: put(rule, parent.path, { ...parent.node, of }), focus };
}

/** Negate a node, or take its negation away. */
export function toggleNot(rule: Rule, path: Path): Edited {
  const node = nodeAt(rule, path);
  if (node === null) return { rule, focus: path };
  const changed: Rule = node.type === "not" ? node.of : { type: "not", of: node };
  return { rule: put(rule, path, changed), focus: path };
}

/** Move a node, with a `not` around it, to another place; not into itself. */
export function move(rule: Rule, path: Path, to: Spot): Edited {
  const from = outermost(rule, path);
  const node = nodeAt(rule, from);
  const goal = nodeAt(rule, to.group);
  const parent = parentOf(rule, from);
  const isPossible = node !== null && parent !== null && goal !== null && isGroup(goal);
  if (!isPossible || startsWith(to.group, from)) return { rule, focus: path };
  // The node leaves first, so that places after it move up by one.
  const isSameGroup = isSame(parent.path, to.group);
  const index = isSameGroup && to.index > parent.index ? to.index - 1 : to.index;
  const of = parent.node.of.toSpliced(parent.index, 1);
  const without = put(rule, parent.path, { ...parent.node, of });
  return insert(without, { group: shifted(to.group, parent.path, parent.index), index }, node);
}

/** Move a node before the one above it, or after the one below it, in its group. */
export function shift(rule: Rule, path: Path, by: -1 | 1): Edited {
  const from = outermost(rule, path);
  const parent = parentOf(rule, from);
  const goal = parent === null ? -1 : parent.index + by;
  if (parent === null || goal < 0 || goal >= parent.node.of.length) return { rule, focus: path };
  return move(rule, from, { group: parent.path, index: by < 0 ? goal : goal + 1 });
}

/** The path with every `not` directly around a node. */
export function outermost(rule: Rule, path: Path): Path {
  const parent = parentPath(path);
  if (parent === null || nodeAt(rule, parent)?.type !== "not") return path;
  return outermost(rule, parent);
}

export function isGroup(node: Rule): node is GroupNode {
  return node.type === "all" || node.type === "any";
}

function parentOf(rule: Rule, path: Path): { path: Path; node: GroupNode; index: number } | null {
  const parent = parentPath(path);
  const index = path.at(-1);
  const node = parent === null ? null : nodeAt(rule, parent);
  if (parent === null || node === null || !isGroup(node) || typeof index !== "number") return null;
  return { path: parent, node, index };
}

/** A path after the node at a position of another group is gone. */
function shifted(path: Path, group: Path, index: number): Path {
  const at = group.length + 1;
  const position = path[at];
  const passes = startsWith(path, [...group, "of"]) && typeof position === "number";
  return passes && position > index ? path.with(at, position - 1) : path;
}
