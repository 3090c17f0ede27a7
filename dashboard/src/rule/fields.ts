// Values of fields as texts in inputs, and back.
import type { Scalar } from "./types";

export type ScalarKind = "text" | "number" | "boolean";
/** What an input shows of a value: its type is visible, for `1` is not `"1"`. */
export type Typed = { kind: ScalarKind; text: string };

export function drawScalar(value: Scalar): Typed {
  if (typeof value === "string") return { kind: "text", text: value };
  return { kind: typeof value === "number" ? "number" : "boolean", text: String(value) };
}

/** The value; null while what was typed is none of its kind. */
export function readScalar(typed: Typed): Scalar | null {
  if (typed.kind === "text") return typed.text;
  if (typed.kind === "number") return readNumber(typed.text);
  return typed.text === "true" || (typed.text === "false" ? false : null);
}

/** A number as people type it; null where a text is none. A comma is never guessed at. */
export function readNumber(text: string): number | null {
  const trimmed = text.trim();
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) return null;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : null;
}

/** A whole number from a bound up; null where a text is none. */
export function readWhole(text: string, least = 0): number | null {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  return Number.isSafeInteger(number) && number >= least ? number : null;
}

/** The same value as another type, as far as it can be read so: `"1"` as `1`. */
export function asKind(value: Scalar, kind: ScalarKind): Scalar {
  if (kind === "text") return String(value);
  if (kind === "boolean") return value === true || value === "true" || value === 1;
  return typeof value === "number" ? value : (readNumber(String(value)) ?? 0);
}

/** A comma- or line-separated text as values of one kind, without doubles; what is none is left. */
export function readList(text: string, kind: ScalarKind): { values: Scalar[]; left: string[] } {
  const values: Scalar[] = [];
  const left: string[] = [];
  for (const part of text.split(/[,\n]/)) {
    const value = readScalar({ kind, text: part.trim() });
    if (part.trim() === "") continue;
    if (value === null) left.push(part.trim());
    else if (!values.includes(value)) values.push(value);
  }
  return { values, left };
}
