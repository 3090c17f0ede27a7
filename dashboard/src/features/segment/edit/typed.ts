// What somebody has typed into the editor: kept as text by the tab until it is saved.
import { draftOf, type Draft, isSameRule, kept, restored } from "@/rule/draft";
import type { Rule } from "@/rule/types";

/** What a new segment serves until somebody says otherwise: the API's own default. */
export const PURPOSE = "advertising";

/** What a segment has beside its rule. */
export interface Fields {
  readonly name: string;
  readonly description: string;
  readonly purpose: string;
}

/** A saved version, or what a new segment starts from (version 0). */
export interface Start {
  readonly version: number;
  readonly fields: Fields;
  readonly rule: Rule;
}

/** What was typed, and the version that it was typed over. */
export interface Typed {
  readonly base: number;
  readonly fields: Fields;
  readonly draft: Draft;
}

/** The text to keep; null where nothing is typed that is not saved. */
export function typedText({ base, fields, draft }: Typed, saved: Start): string | null {
  if (isSaved(fields, draft, saved)) return null;
  return JSON.stringify({ base, fields, draft: kept(draft) });
}

/** Whether everything that is typed is what was saved. */
export function isSaved(fields: Fields, draft: Draft, saved: Start): boolean {
  return (
    draft.fault === null &&
    fields.name === saved.fields.name &&
    fields.description === saved.fields.description &&
    fields.purpose === saved.fields.purpose &&
    isSameRule(draft.rule, saved.rule)
  );
}

/** What was kept; null where there is nothing, or something else. */
export function readTyped(text: string | null): Typed | null {
  if (text === null) return null;
  try {
    const found = JSON.parse(text) as Record<string, unknown> | null;
    const fields = (found?.fields ?? {}) as Record<string, unknown>;
    const draft = typeof found?.draft === "string" ? restored(found.draft) : null;
    const { name, description, purpose } = fields;
    if (draft === null || typeof found?.base !== "number") return null;
    if (typeof name !== "string" || typeof description !== "string" || typeof purpose !== "string")
      return null;
    return { base: found.base, fields: { name, description, purpose }, draft };
  } catch {
    return null;
  }
}

/** Where nothing was typed yet. */
export function typedOf({ version, fields, rule }: Start): Typed {
  return { base: version, fields, draft: draftOf(rule) };
}
