// Rules as blocks and as text, both ways; what the API takes is read, and what it refuses is placed.
import { expect, test } from "vitest";
import { draw, read } from "./blocks";
import { draftOf, isSameRule, kept, placeIn, printRule, restored, textOf, withText } from "./draft";
import { drawnRule } from "./drawn";
import { GOLDEN } from "./golden";
import { parseJson } from "./json";
import { spell } from "./path";
import { seeded } from "./random";
import { readRule } from "./read";
import { RECIPES } from "./recipes";

const random = seeded(7);
const SIGNS = '{}[],:"\\0-e \nt'.split("");
const DRAWN = Array.from({ length: 500 }, () => drawnRule(random));
const RULES = [...GOLDEN.rules, ...RECIPES].map(({ rule }) => rule).concat(DRAWN);

test("drawing a rule as blocks and reading those gives the same JSON", () => {
  for (const rule of RULES) {
    const again = read(draw(rule));
    expect(again).toEqual(rule);
    expect(isSameRule(again, rule)).toBe(true);
  }
});

test("every rule is read, and its text gives the rule again", () => {
  for (const rule of RULES) {
    expect(readRule(rule)).toEqual({ rule });
    const draft = withText(draftOf({ type: "all", of: [] }), printRule(rule));
    expect(draft).toEqual({
      rule: JSON.parse(JSON.stringify(rule)),
      text: textOf(draft),
      fault: null,
    });
    expect(restored(kept(draft))).toEqual(draft);
  }
});

test("the API refuses whatever cannot be read, and for that reason", () => {
  let misfits = 0;
  for (const { rule, problems } of GOLDEN.damaged) {
    const found = readRule(rule);
    if ("rule" in found) continue;
    misfits += 1;
    expect(problems).toContain(spell(found.misfit.path));
  }
  expect(misfits).toBeGreaterThan(100);
});

test("no value makes reading fail", () => {
  const values = [null, undefined, 1, "x", [], {}, { type: "all" }, { type: "__proto__" }, NaN];
  for (const value of values) expect("misfit" in readRule(value)).toBe(true);
  let deep: unknown = { type: "all", of: [] };
  for (let depth = 0; depth < 20_000; depth += 1) deep = { type: "not", of: deep };
  expect("misfit" in readRule(deep)).toBe(true);
});

test("JSON is read as the browser reads it, but for what that would lose", () => {
  for (const rule of DRAWN) {
    const text = JSON.stringify(rule, null, random.below(3)).split("");
    text.splice(random.below(text.length), random.below(3), random.pick(SIGNS));
    const damaged = text.join("");
    const found = parseJson(damaged);
    let value: unknown;
    try {
      value = JSON.parse(damaged);
    } catch {
      expect("message" in found).toBe(true);
      continue;
    }
    if ("value" in found) expect(found.value).toEqual(value);
    else expect(found.message).toMatch(/twice|exactly|too large/);
  }
  expect(parseJson('{"a":1,"a":2}')).toEqual({ message: "“a” stands here twice.", offset: 7 });
  expect(parseJson("9007199254740993")).toHaveProperty("message");
  expect(parseJson("10000000000000000")).toHaveProperty("value", 1e16);
  expect(parseJson("[".repeat(10_000))).toEqual({
    message: "This is nested too deep.",
    offset: 501,
  });
});

test("text that is no rule is kept with its place, and the last rule stays", () => {
  const rule = DRAWN[0] ?? { type: "all", of: [] };
  const broken = withText(draftOf(rule), '{\n  "type": "all",\n  "of": [,]\n}');
  expect(broken.rule).toBe(rule);
  expect(broken.fault).toMatchObject({ line: 3, column: 10, path: null });
  expect(restored(kept(broken))).toEqual({ ...broken, rule: JSON.parse(JSON.stringify(rule)) });
  const unknown = withText(broken, '{"type": "all",\n "of": [{"type": "x"}]}');
  expect(unknown.fault).toMatchObject({ line: 2, column: 18, path: ["of", 0, "type"] });
  expect(textOf(unknown)).toContain('"x"');
});

test("a path has a place in the text", () => {
  const draft = draftOf({ type: "all", of: [{ type: "segment", segment: 7 }] });
  expect(placeIn(draft, ["of", 0, "segment"])).toEqual({ line: 6, column: 18 });
  expect(placeIn(draft, ["of", 0, "gone"])).toEqual({ line: 4, column: 5 });
  expect(restored("no")).toBeNull();
  expect(restored("null")).toBeNull();
});
