import { expect, test } from "vitest";
import { changesOf } from "./changes";
import { outline } from "./outline";
import { RECIPES } from "./recipes";
import type { Rule } from "./types";

const customers: Rule = { type: "lifecycle", stages: ["customer"] };
const consent: Rule = { type: "consent", purpose: "advertising" };

test("a node that is added is the only line that is new", () => {
  const before: Rule = { type: "all", of: [customers] };
  const after: Rule = { type: "all", of: [customers, consent] };
  expect(changesOf(before, after).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    "same all of these hold:",
    "same the lifecycle stage is customer",
    "added consent to advertising is granted",
  ]);
});

test("what was there stands before what took its place", () => {
  expect(changesOf(customers, consent).map(({ kind }) => kind)).toEqual(["removed", "added"]);
});

test("without a rule before, everything is new", () => {
  expect(changesOf(null, customers).map(({ kind }) => kind)).toEqual(["added"]);
});

test("both rules can be read from the lines, for every pair of recipes", () => {
  for (const { rule: before } of RECIPES) {
    for (const { rule: after } of RECIPES) {
      const lines = changesOf(before, after);
      const without = (kind: string) =>
        lines.filter((line) => line.kind !== kind).map(({ text }) => text);
      expect(without("added")).toEqual(outline(before).map(({ text }) => text));
      expect(without("removed")).toEqual(outline(after).map(({ text }) => text));
    }
  }
});
