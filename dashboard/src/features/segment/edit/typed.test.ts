import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { draftOf, withText } from "@/rule/draft";
import { RECIPES } from "@/rule/recipes";
import { isSaved, PURPOSE, readTyped, type Start, typedOf, typedText } from "./typed";

const start: Start = {
  version: 3,
  fields: { name: "Lapsing", description: "", purpose: "" },
  rule: { type: "lifecycle", stages: ["customer"] },
};

test("a new segment serves what the API would take for it, which it never takes empty", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../../openapi.json"), "utf8");
  const { components } = JSON.parse(text) as {
    components: { schemas: Record<string, { properties: Record<string, object> }> };
  };
  expect(components.schemas["SegmentRequest"]?.properties["purpose"]).toMatchObject({
    default: PURPOSE,
    minLength: 1,
  });
});

test("nothing is kept where nothing was typed", () => {
  expect(typedText(typedOf(start), start)).toBeNull();
});

test("every recipe that was typed comes back as it was", () => {
  for (const { rule } of RECIPES) {
    const typed = { base: 3, fields: { ...start.fields, name: "x" }, draft: draftOf(rule) };
    expect(readTyped(typedText(typed, start))).toEqual(typed);
  }
});

test("JSON that is no rule yet counts as typed and comes back", () => {
  const draft = withText(draftOf(start.rule), '{"type": "all", "of": [');
  const typed = { base: 3, fields: start.fields, draft };
  expect(isSaved(start.fields, draft, start)).toBe(false);
  expect(readTyped(typedText(typed, start))?.draft.text).toBe('{"type": "all", "of": [');
});

test.each([null, "", "null", "[]", "3", '{"base":1}', '{"base":1,"fields":null,"draft":"{}"}'])(
  "what is no kept draft is nothing: %s",
  (text) => {
    expect(readTyped(text)).toBeNull();
  },
);
