// What the page has words for is what the API may say, no more and no less.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LEAVES, PERSONAL } from "./places";
import { KINDS, LOOKS, STATUSES, statusesOf } from "./statuses";
import { OUTCOMES, REASONS, STEPS } from "./words";

interface Schema {
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}
const { components } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../openapi.json"), "utf8"),
) as { components: { schemas: Record<string, Schema> } };

/** The words of a schema, sorted; of a property, those of what it refers to. */
function wordsOf(name: string, property?: string): string[] {
  const schema = components.schemas[name];
  if (property === undefined) return [...(schema?.enum ?? [])].sort();
  return wordsOf(schema?.properties?.[property]?.$ref?.split("/").at(-1) ?? "");
}
const namesOf = (table: object) => Object.keys(table).sort();

test("kinds of requests and their statuses", () => {
  expect(namesOf(KINDS)).toEqual(wordsOf("RequestKind"));
  expect(namesOf(LOOKS)).toEqual(wordsOf("RequestKind"));
  expect([...STATUSES].sort()).toEqual(wordsOf("RequestStatus"));
  for (const looks of Object.values(LOOKS)) expect(namesOf(looks)).toEqual([...STATUSES].sort());
});

test("every status belongs to a kind", () => {
  const had = new Set([...statusesOf("erasure"), ...statusesOf("access")]);
  expect([...had].sort()).toEqual([...STATUSES].sort());
});

test("steps, outcomes, and why there is no archive", () => {
  expect(namesOf(STEPS)).toEqual(wordsOf("StepView", "step"));
  expect(wordsOf("StepView", "step").length).toBeGreaterThan(5);
  expect(namesOf(OUTCOMES)).toEqual(wordsOf("RecipientOutcome"));
  expect(namesOf(REASONS)).toEqual(wordsOf("ArchiveReason"));
});

test("how far a place tells of a person, and by what they leave it", () => {
  expect(namesOf(PERSONAL)).toEqual(wordsOf("Personal"));
  expect(namesOf({ ...LEAVES, ...STEPS })).toEqual(wordsOf("Leaving"));
});
