// What is wrong with a rule, block by block: the API's problems, and our own checks until it
// answers.
import type { Check } from "./checks";
import { type Path, nodePath, parsePath, spell, startsWith } from "./path";
import type { Rule } from "./types";

/** As the API's `errors` have it: `field` is a JSON path. */
export type ApiProblem = { field: string; message: string };
export type Problem = {
  /** The node that it is about. */
  node: Path;
  /** Within the node; empty: the whole of it. */
  rest: Path;
  message: string;
};

/** Problems of the API with the node that each is about; what has no path is about the root. */
export function problemsOf(rule: Rule, found: readonly ApiProblem[]): Problem[] {
  return found.map(({ field, message }) => ({
    ...nodePath(rule, parsePath(field) ?? []),
    message,
  }));
}

export function problemsOfChecks(rule: Rule, checks: readonly Check[]): Problem[] {
  return checks.map(({ path, message }) => ({ ...nodePath(rule, path), message }));
}

/** Problems of one node, by its path. */
export function problemsAt(problems: readonly Problem[], node: Path): Problem[] {
  return problems.filter((problem) => spell(problem.node) === spell(node));
}

/** How many problems there are in a node and below: for a closed group. */
export function problemsBelow(problems: readonly Problem[], node: Path): number {
  return problems.filter((problem) => startsWith(problem.node, node)).length;
}

/** What is wrong with a field of a node, for the input that shows it; null: nothing. */
export function messageAt(problems: readonly Problem[], field: Path): string | null {
  const found = problems.filter((problem) => startsWith(problem.rest, field));
  const messages = new Set(found.map(({ message }) => message));
  return messages.size === 0 ? null : [...messages].join(" ");
}
