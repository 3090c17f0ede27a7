// Reads any JSON value as a rule, or says where it is none: what is read can be drawn.
import { EVENT_TYPES, type Field, isIn, MEASURES, NODES, OPERATOR_FIELDS } from "./language";
import { PARTS, STAGES } from "./language";
import type { Path } from "./path";
import type { Rule } from "./types";

/** Why a value is no rule, and where. */
export type Misfit = { path: Path; message: string };
export type Read = { rule: Rule } | { misfit: Misfit };

/** Nodes inside nodes that the page draws; the API allows fewer. */
const DRAWN_DEPTH = 200;

/**
 * The value as a rule, untouched. Only its shape is looked at: bounds, spans and instants are the
 * API's to judge, and whatever the API takes for a rule is one here.
 */
export function readRule(value: unknown): Read {
  const misfit = misfitOfNode(value, [], 1);
  return misfit === null ? { rule: value as Rule } : { misfit };
}

function misfitOfNode(value: unknown, path: Path, depth: number): Misfit | null {
  if (depth > DRAWN_DEPTH) return { path, message: "This is nested too deep to be drawn." };
  return tagged(value, path, "type", NODES, depth);
}

function tagged(
  value: unknown,
  path: Path,
  tag: "type" | "op",
  table: Record<string, Record<string, Field>>,
  depth: number,
): Misfit | null {
  if (!isObject(value)) return { path, message: `A JSON object with ${tag} is needed here.` };
  const name = Object.hasOwn(value, tag) ? value[tag] : undefined;
  if (!isIn(table, name)) {
    const known = Object.keys(table).join(", ");
    return { path: [...path, tag], message: `This is one of ${known}.` };
  }
  return misfitOfFields(value, path, table[name] ?? {}, tag, depth);
}

function misfitOfFields(
  value: Record<string, unknown>,
  path: Path,
  fields: Record<string, Field>,
  tag: string | null,
  depth: number,
): Misfit | null {
  for (const key of Object.keys(value)) {
    if (key !== tag && !Object.hasOwn(fields, key)) {
      return { path: [...path, key], message: "There is no such field here: remove it." };
    }
  }
  for (const [key, field] of Object.entries(fields)) {
    const at = [...path, key];
    if (!Object.hasOwn(value, key)) {
      if (!("default" in field)) return { path: at, message: "This field is missing." };
    } else if (!(field.nullable && value[key] === null)) {
      const misfit = misfitOf(value[key], at, field.kind, depth);
      if (misfit !== null) return misfit;
    }
  }
  return null;
}

function misfitOf(value: unknown, path: Path, kind: string, depth: number): Misfit | null {
  if (kind.startsWith("list of ")) {
    if (!Array.isArray(value)) return { path, message: "A JSON list is needed here." };
    for (const [index, one] of value.entries()) {
      const misfit = misfitOf(one, [...path, index], kind.slice("list of ".length), depth);
      if (misfit !== null) return misfit;
    }
    return null;
  }
  switch (kind) {
    case "rule":
      return misfitOfNode(value, path, depth + 1);
    case "condition":
      return tagged(value, path, "op", OPERATOR_FIELDS, depth);
    case "filter":
    case "where":
    case "step":
      return isObject(value)
        ? misfitOfFields(value, path, PARTS[kind], null, depth)
        : { path, message: "A JSON object is needed here." };
    default:
      return misfitOfPlain(value, path, kind);
  }
}

const PLAIN: Record<string, { fits: (value: unknown) => boolean; message: string }> = {
  number: { fits: (it) => typeof it === "number", message: "This is a number." },
  whole: { fits: Number.isInteger, message: "This is a whole number." },
  boolean: { fits: (it) => typeof it === "boolean", message: "This is true or false." },
  scalar: {
    fits: (it) => ["string", "number", "boolean"].includes(typeof it),
    message: "This is a text, a number, true or false.",
  },
  "2 of whole": {
    fits: (it) => Array.isArray(it) && it.length === 2 && it.every(Number.isInteger),
    message: "These are two whole numbers, the lowest and the highest score.",
  },
  measure: oneOf(Object.keys(MEASURES)),
  "event type": oneOf(EVENT_TYPES),
  stage: oneOf(STAGES),
};
const TEXT = { fits: (it: unknown) => typeof it === "string", message: "This is a text." };

function oneOf(words: readonly string[]): { fits: (value: unknown) => boolean; message: string } {
  return {
    fits: (it) => words.some((word) => word === it),
    message: `One of ${words.join(", ")}.`,
  };
}

function misfitOfPlain(value: unknown, path: Path, kind: string): Misfit | null {
  const { fits, message } = PLAIN[kind] ?? TEXT;
  return fits(value) ? null : { path, message };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
