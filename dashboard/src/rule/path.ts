// JSON paths into a rule, spelled as the API spells them: `$.of[1].window`.
import type { Rule } from "./types";

/** Keys and positions from the rule's root. */
export type Path = readonly (string | number)[];

export const ROOT: Path = [];

/** `["of", 1, "window"]` as `$.of[1].window`. */
export function spell(path: Path): string {
  return path.reduce<string>(
    (text, part) => text + (typeof part === "number" ? `[${part}]` : `.${part}`),
    "$",
  );
}

/** A path of the API; null where the text is none. Keys may be anything without `.` and `[`. */
export function parsePath(text: string): Path | null {
  if (!/^\$(?:\.[^.[\]]+|\[\d+\])*$/.test(text)) return null;
  const parts = text.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g);
  return [...parts].map(([, key, index]) => key ?? Number(index));
}

export function isSame(left: Path, right: Path): boolean {
  return left.length === right.length && startsWith(left, right);
}

/** Whether a path lies in what another one names, or is that. */
export function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index]);
}

/** The node at a path; null where there is none, or something that is no node. */
export function nodeAt(rule: Rule, path: Path): Rule | null {
  let node: Rule = rule;
  for (let at = 0; at < path.length; at += 1) {
    if (path[at] !== "of") return null;
    if (node.type === "not") {
      node = node.of;
    } else if (node.type === "all" || node.type === "any") {
      at += 1;
      const index = path[at];
      const child: Rule | undefined = typeof index === "number" ? node.of[index] : undefined;
      if (child === undefined) return null;
      node = child;
    } else {
      return null;
    }
  }
  return node;
}

/** The path of the innermost node that a path leads into, and what is left of it. */
export function nodePath(rule: Rule, path: Path): { node: Path; rest: Path } {
  let end = 0;
  for (let at = 1; at <= path.length; at += 1) {
    if (nodeAt(rule, path.slice(0, at)) !== null) end = at;
  }
  return { node: path.slice(0, end), rest: path.slice(end) };
}

/** The path of the node that holds the one at a path; null for the root. */
export function parentPath(path: Path): Path | null {
  if (path.length === 0) return null;
  return path.slice(0, typeof path.at(-1) === "number" ? -2 : -1);
}

export type Placed = { path: Path; depth: number; node: Rule };

/** Every node with its path and its depth, 1 for the root; parents first. */
export function placed(rule: Rule, path: Path = ROOT, depth = 1): Placed[] {
  const found: Placed[] = [{ path, depth, node: rule }];
  if (rule.type === "not") found.push(...placed(rule.of, [...path, "of"], depth + 1));
  if (rule.type === "all" || rule.type === "any") {
    for (const [index, child] of rule.of.entries()) {
      found.push(...placed(child, [...path, "of", index], depth + 1));
    }
  }
  return found;
}
