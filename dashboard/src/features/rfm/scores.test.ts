// Scores: what bounds mean, and the rules that a cell and a name stand for.
import { expect, test } from "vitest";
import { readRule } from "@/rule/read";
import { cellOf, cellRule, namedRule, nameWords, rangeWords } from "./scores";

test("a cell is read from the address, and anything else is none", () => {
  expect(cellOf("5-4")).toEqual({ recency: 5, frequency: 4 });
  for (const odd of [undefined, "", "0-1", "5-6", "5", "5-4-3", "a-b"])
    expect(cellOf(odd)).toBeNull();
});

test("cells and names are rules", () => {
  const rules = [cellRule({ recency: 5, frequency: 1 }), namedRule("at_risk")];
  for (const rule of rules) expect(readRule(rule)).toEqual({ rule });
});

test("bounds in words: above one, up to the next; equal bounds leave nothing between", () => {
  const words = [0, 1, 2, 3, 4].map((place) => rangeWords(place, [1, 1, 2, 4], String));
  expect(words).toEqual(["up to 1", "–", "over 1, up to 2", "over 2, up to 4", "over 4"]);
});

test("names are words", () => {
  expect(nameWords("cannot_lose_them")).toBe("Cannot lose them");
});
