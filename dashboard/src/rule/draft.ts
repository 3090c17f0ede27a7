// A draft: the rule, and the JSON text while somebody types it. Text that is no rule is kept.
import { type JsonFault, parseJson, placeOf } from "./json";
import { type Path, spell } from "./path";
import { readRule } from "./read";
import type { Rule } from "./types";

/** Why the text is no rule, and where. */
export type TextFault = { message: string; line: number; column: number; path: Path | null };
export type Draft = {
  /** What blocks and words show: the last one that could be read. */
  rule: Rule;
  /** What was typed as JSON since the last change elsewhere; null: nothing. */
  text: string | null;
  /** Set while `text` is no rule: then `rule` is older than it, and nothing may be saved. */
  fault: TextFault | null;
};

export function draftOf(rule: Rule): Draft {
  return { rule, text: null, fault: null };
}

/** The text of the JSON view. */
export function textOf(draft: Draft): string {
  return draft.text ?? printRule(draft.rule);
}

export function printRule(rule: Rule): string {
  return JSON.stringify(rule, null, 2);
}

/** The draft after its JSON was changed to a text. */
export function withText(draft: Draft, text: string): Draft {
  const parsed = parseJson(text);
  if (!("value" in parsed)) return { ...draft, text, fault: faultAt(text, parsed, null) };
  const read = readRule(parsed.value);
  if ("rule" in read) return { rule: read.rule, text, fault: null };
  const { message, path } = read.misfit;
  const offset = offsetIn(parsed.places, path);
  return { ...draft, text, fault: faultAt(text, { message, offset }, path) };
}

/** Line and column in the JSON view of a path, or of the nearest thing around it that is there. */
export function placeIn(draft: Draft, path: Path): { line: number; column: number } | null {
  const text = textOf(draft);
  const parsed = parseJson(text);
  return "value" in parsed ? placeOf(text, offsetIn(parsed.places, path)) : null;
}

/** The draft as a text to keep until the page is back; `restored` reads it. */
export function kept(draft: Draft): string {
  return JSON.stringify({ rule: draft.rule, text: draft.text });
}

/** A draft that was kept; null where the text is none. */
export function restored(text: string): Draft | null {
  try {
    const found = JSON.parse(text) as { rule?: unknown; text?: unknown } | null;
    const read = readRule(found?.rule);
    if (!("rule" in read)) return null;
    const draft = draftOf(read.rule);
    return typeof found?.text === "string" ? withText(draft, found.text) : draft;
  } catch {
    return null;
  }
}

function offsetIn(places: ReadonlyMap<string, number>, path: Path): number {
  for (let end = path.length; end >= 0; end -= 1) {
    const offset = places.get(spell(path.slice(0, end)));
    if (offset !== undefined) return offset;
  }
  return 0;
}

function faultAt(text: string, fault: JsonFault, path: Path | null): TextFault {
  return { message: fault.message, ...placeOf(text, fault.offset), path };
}

/** Whether two rules are the same JSON, whatever the order of keys. */
export function isSameRule(left: unknown, right: unknown): boolean {
  if (Object.is(left, right) || left === right) return true;
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (left === null || right === null || Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every(
      (key) => Object.hasOwn(right, key) && isSameRule(member(left, key), member(right, key)),
    )
  );
}

function member(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}
