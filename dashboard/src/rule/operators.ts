// Operators of conditions: words, and which values each may be asked of.
import { MEASURES } from "./language";
import type { Condition, Measure, Op } from "./types";

/** What a value is, as far as anybody knows. */
export type ValueKind = "text" | "number" | "boolean" | "list" | "instant" | "unknown";

export type Operator = {
  /** To be read after the name of a value; names the condition's fields. */
  words: string;
  /** What a menu calls it. */
  label: string;
  /** Measures and computed traits of which the API lets it be asked. */
  suits: readonly ("number" | "boolean" | "instant")[];
  /** Holds exactly where another one does not: also where there is no value. */
  negative?: true;
  /** Moves with the clock: not for properties of events. */
  moves?: true;
  /** Kinds of traits and properties that a menu offers it for, beside those that it suits. */
  offered?: readonly ValueKind[];
};

const TEXTS = ["text", "list"] as const;

export const OPERATORS: Record<Op, Operator> = {
  equals: { words: "is {value}", label: "is", suits: ["number", "boolean"], offered: ["text"] },
  not_equals: {
    words: "is not {value}",
    label: "is not",
    suits: ["number", "boolean"],
    negative: true,
    offered: ["text"],
  },
  in: {
    words: "is one of {values}",
    label: "is one of",
    suits: ["number", "boolean"],
    offered: ["text"],
  },
  not_in: {
    words: "is none of {values}",
    label: "is none of",
    suits: ["number", "boolean"],
    negative: true,
    offered: ["text"],
  },
  contains: { words: "contains {value}", label: "contains", suits: [], offered: TEXTS },
  not_contains: {
    words: "does not contain {value}",
    label: "does not contain",
    suits: [],
    negative: true,
    offered: TEXTS,
  },
  starts_with: { words: "starts with {value}", label: "starts with", suits: [], offered: ["text"] },
  ends_with: { words: "ends with {value}", label: "ends with", suits: [], offered: ["text"] },
  exists: {
    words: "is known",
    label: "is known",
    suits: ["number", "boolean", "instant"],
    offered: TEXTS,
  },
  not_exists: {
    words: "is not known",
    label: "is not known",
    suits: ["number", "boolean", "instant"],
    negative: true,
    offered: TEXTS,
  },
  less_than: { words: "is below {value}", label: "below", suits: ["number"] },
  at_most: { words: "is at most {value}", label: "at most", suits: ["number"] },
  greater_than: { words: "is above {value}", label: "above", suits: ["number"] },
  at_least: { words: "is at least {value}", label: "at least", suits: ["number"] },
  between: { words: "is from {low} to {high}", label: "between", suits: ["number"] },
  before: { words: "is before {instant}", label: "before", suits: ["instant"] },
  after: { words: "is at or after {instant}", label: "at or after", suits: ["instant"] },
  within_last: {
    words: "is within the last {span}",
    label: "in the last",
    suits: ["instant"],
    moves: true,
  },
  within_next: {
    words: "is within the next {span}",
    label: "in the next",
    suits: [],
    moves: true,
    offered: ["instant"],
  },
};

export const OPS = Object.keys(OPERATORS) as readonly Op[];

/** Where a condition stands: on a trait, a property of an event, or a measure of events. */
export type Asked =
  | { of: "trait"; kind: ValueKind }
  | { of: "property"; kind: ValueKind }
  | { of: "measure"; measure: Measure };

/** Operators that a menu offers, in the table's order; never none. */
export function offeredOps(asked: Asked): Op[] {
  return OPS.filter((op) => {
    const row = OPERATORS[op];
    if (asked.of === "measure") return row.suits.includes(MEASURES[asked.measure].kind);
    if (asked.of === "property" && row.moves) return false;
    const { kind } = asked;
    return kind === "unknown" || row.offered?.includes(kind) || row.suits.some((it) => it === kind);
  });
}

const ALWAYS_THERE: readonly Measure[] = ["count", "sum", "unique"];

/** What a reader would not guess of a condition; null where there is nothing. */
export function hintOf(condition: Condition, asked: Asked): string | null {
  if (asked.of === "measure" && ALWAYS_THERE.includes(asked.measure)) return null;
  return OPERATORS[condition.op].negative ? "Also holds where there is no value." : null;
}
