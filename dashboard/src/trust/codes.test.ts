// Every reason of the gate has a text, and spans read as people say them.
import { describe, expect, test } from "vitest";
import { codeText, CODES, spanOf } from "./codes";

describe("reasons", () => {
  test("one that is unknown is still shown", () => {
    expect(codeText("something_new").name).toBe("something new");
  });
  test("each has a meaning that ends as a sentence", () => {
    for (const text of Object.values(CODES)) expect(text.meaning).toMatch(/\.$/);
  });
});

test.each([
  ["PT10M", "10 min"],
  ["PT2M", "2 min"],
  ["PT5S", "5 s"],
  ["PT600S", "10 min"],
  ["PT0S", "0 s"],
  ["PT90M", "1 h 30 min"],
  ["P1DT30S", "1 d 30 s"],
  ["P1D", "1 d"],
  ["P1DT12H", "1 d 12 h"],
  ["odd", "odd"],
])("%s is %s", (iso, text) => expect(spanOf(iso)).toBe(text));
