// A funnel's question: as the page edits it, as text in the address, and as the API takes it. Pure.
import type { Schemas } from "@/api/schemas";
import { instantsOf, type Range, rangeOf } from "@/lib/range";
import { readRule } from "@/rule/read";
import type { EventFilter, Span } from "@/rule/types";

/** By what people are told apart, and how many values are shown apart. */
export interface Breakdown {
  readonly of: "trait" | "property";
  readonly name: string;
  readonly limit: number;
}

/** Which steps, within which time, of attempts in which range. */
export interface Question {
  readonly steps: readonly EventFilter[];
  readonly window: Span;
  readonly range: Range;
  readonly breakdown: Breakdown | null;
}

const VALUES = 4;
const NEW_STEP: EventFilter = { name: null };
/** What the page starts from. */
export const FIRST: Question = {
  steps: [NEW_STEP, NEW_STEP],
  window: "7d",
  range: { kind: "span", span: "30d" },
  breakdown: null,
};
/** What a breakdown starts from. */
export const FIRST_BREAKDOWN: Breakdown = { of: "trait", name: "", limit: VALUES };

/** The question as the address's text. */
export function writeQuestion({ steps, window, range, breakdown }: Question): string {
  const when =
    range.kind === "span" ? { range: range.span } : { since: range.since, until: range.until };
  return JSON.stringify({ steps, window, ...when, ...(breakdown === null ? {} : { breakdown }) });
}

/** The question of an address; null where its text is none. Bounds are the API's to judge. */
export function readQuestion(text: string | undefined): Question | null {
  const value = parsed(text);
  if (value === null) return null;
  const read = readRule({ type: "sequence", steps: stepsOf(value.steps) });
  if (!("rule" in read) || read.rule.type !== "sequence" || read.rule.steps.length === 0)
    return null;
  return {
    steps: read.rule.steps.map(({ event }) => event),
    window: typeof value.window === "string" ? value.window : FIRST.window,
    range: rangeOf(value, "30d"),
    breakdown: breakdownOf(value.breakdown),
  };
}

/** The question for the API, where now is an instant. */
export function bodyOf(question: Question, now: number): Schemas["FunnelBody"] {
  const { steps, window, range, breakdown } = question;
  return {
    steps: steps as Schemas["FunnelBody"]["steps"],
    window,
    ...instantsOf(range, now),
    order: "in_order",
    ...(breakdown === null
      ? {}
      : { breakdown: { [breakdown.of]: breakdown.name, limit: breakdown.limit } }),
  };
}

/** One more step at the end. */
export function withStep(question: Question): Question {
  return { ...question, steps: [...question.steps, NEW_STEP] };
}

/** A step and the one after it change places. */
export function withLater(question: Question, index: number): Question {
  const [step, next] = question.steps.slice(index, index + 2);
  if (step === undefined || next === undefined) return question;
  return { ...question, steps: question.steps.toSpliced(index, 2, next, step) };
}

function parsed(text: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function stepsOf(value: unknown): unknown {
  return Array.isArray(value) ? value.map((event: unknown) => ({ event })) : value;
}

function breakdownOf(value: unknown): Breakdown | null {
  if (typeof value !== "object" || value === null) return null;
  const { of, name, limit } = value as Record<string, unknown>;
  if ((of !== "trait" && of !== "property") || typeof name !== "string") return null;
  return { of, name, limit: typeof limit === "number" ? limit : VALUES };
}
