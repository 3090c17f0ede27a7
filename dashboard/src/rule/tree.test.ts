// The keyboard reaches every block, and words have a line for each.
import { expect, test } from "vitest";
import { draw } from "./blocks";
import { drawnRule } from "./drawn";
import { outline, sentence } from "./outline";
import { isSame, spell } from "./path";
import { seeded } from "./random";
import { rowAt, rowsOf, stepFrom } from "./tree";
import type { Rule } from "./types";

const random = seeded(5);
const RULES = Array.from({ length: 200 }, () => drawnRule(random));
const NONE = new Set<string>();

test("arrows lead through every visible block, down and up again", () => {
  for (const rule of RULES) {
    const rows = rowsOf(draw(rule), NONE);
    expect(rows.map(({ block }) => block.path)).toEqual(outline(rule).map(({ path }) => path));
    for (const [index, row] of rows.entries()) {
      const down = stepFrom(rows, NONE, row.block.path, "ArrowDown");
      const next = rows[index + 1]?.block.path;
      expect(down).toEqual(next === undefined ? null : { focus: next });
      if (next) expect(stepFrom(rows, NONE, next, "ArrowUp")).toEqual({ focus: row.block.path });
    }
    const end = rows.at(-1)?.block.path ?? [];
    expect(stepFrom(rows, NONE, [], "End")).toEqual({ focus: end });
    expect(stepFrom(rows, NONE, end, "Home")).toEqual({ focus: [] });
  }
});

test("left closes a group, then leads out; right opens it, then leads in", () => {
  const rule: Rule = { type: "all", of: [{ type: "not", of: { type: "any", of: [leaf(1)] } }] };
  const group = ["of", 0];
  const rows = rowsOf(draw(rule), NONE);
  expect(rows.map(({ level }) => level)).toEqual([1, 2, 3]);
  expect(stepFrom(rows, NONE, group, "ArrowLeft")).toEqual({ close: group });
  const closed = new Set([spell(group)]);
  const fewer = rowsOf(draw(rule), closed);
  expect(fewer).toHaveLength(2);
  expect(stepFrom(fewer, closed, group, "ArrowLeft")).toEqual({ focus: [] });
  expect(stepFrom(fewer, closed, group, "ArrowRight")).toEqual({ open: group });
  const inside = ["of", 0, "of", "of", 0];
  expect(stepFrom(rows, NONE, group, "ArrowRight")).toEqual({ focus: inside });
  expect(isSame(rowAt(fewer, inside)?.block.path ?? [], group)).toBe(true);
  expect(stepFrom(rows, NONE, ["of", 9], "ArrowDown")).toEqual({ focus: [] });
});

test("a rule is one sentence, with brackets where they are needed", () => {
  const rule: Rule = {
    type: "all",
    of: [leaf(1), { type: "not", of: { type: "any", of: [leaf(2), leaf(3)] } }],
  };
  expect(sentence(rule)).toBe(
    "Everybody of whom this is true: the person is in segment 1, and not: (the person is in" +
      " segment 2, or the person is in segment 3).",
  );
  expect(sentence({ type: "all", of: [] })).toBe("Everybody.");
  expect(sentence({ type: "any", of: [] })).toBe("Nobody.");
  for (const one of RULES) expect(sentence(one)).toMatch(/\.$/);
});

function leaf(segment: number): Rule {
  return { type: "segment", segment };
}
