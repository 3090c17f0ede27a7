// What is asked of whoever states consent in a person's name, and what is sent.
import { expect, test } from "vitest";
import { EVERY, missingOf, NOTHING, purposesFor, requestOf, type Draft } from "./stating";

const KNOWN = { title: null, platforms: [], segments: [], exports: [] };
const CATALOGUE = [
  { ...KNOWN, purpose: "email", title: "Letters" },
  { ...KNOWN, purpose: "advertising", platforms: ["meta"] },
  { ...KNOWN, purpose: "typo" },
];
const GRANT: Draft = { ...NOTHING, state: "granted", purpose: "email", evidence: "form 4711" };
const REFUSAL: Draft = { ...NOTHING, state: "refused", purpose: EVERY };
const AT = Date.parse("2026-03-01T09:30:00Z");

test("purposes are those that the API takes of this person", () => {
  expect(purposesFor("granted", CATALOGUE, [EVERY, "old"])).toEqual([
    ["advertising", "advertising"],
    ["email", "Letters (email)"],
    ["old", "old"],
  ]);
  expect(purposesFor("refused", [], [])).toEqual([[EVERY, "every purpose"]]);
  expect(purposesFor("refused", CATALOGUE, ["typo"]).map(([purpose]) => purpose)).toContain("typo");
});

test.each([
  [NOTHING, null, "granted or withdrawn"],
  [{ ...GRANT, purpose: "" }, null, "Choose a purpose"],
  [{ ...GRANT, purpose: EVERY }, null, "Choose a purpose"],
  [{ ...GRANT, evidence: " " }, null, "A grant takes evidence"],
  [{ ...GRANT, said: "2026-03-29T02:30" }, null, "that there was"],
])("%j is not whole", (draft, at, words) => {
  expect(missingOf(draft, at)).toContain(words);
  expect(requestOf(draft, at, "case 1")).toBeNull();
});

test("what was left empty is left out", () => {
  expect(requestOf(REFUSAL, null, "case 1")).toEqual({
    purpose: EVERY,
    state: "refused",
    reason: "case 1",
  });
  expect(
    requestOf({ ...GRANT, version: " 2026-02 ", said: "2026-03-01T10:30" }, AT, "case 2"),
  ).toEqual({
    purpose: "email",
    state: "granted",
    reason: "case 2",
    evidence: "form 4711",
    version: "2026-02",
    stated_at: "2026-03-01T09:30:00.000Z",
  });
});
