// Every rule of the language can be drawn, and keys do what the tree says.
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { draw } from "@/rule/blocks";
import { draftOf, withText } from "@/rule/draft";
import { drawnRule } from "@/rule/drawn";
import { GOLDEN } from "@/rule/golden";
import { outline } from "@/rule/outline";
import { problemsOf } from "@/rule/problems";
import { PHRASES } from "@/rule/phrases";
import { seeded } from "@/rule/random";
import { RECIPES } from "@/rule/recipes";
import { editorOf } from "@/rule/reducer";
import { rowsOf } from "@/rule/tree";
import type { Rule, Step } from "@/rule/types";
import { pressed } from "./block/scores";
import { withAbsence, withNext, withoutStep } from "./block/steps";
import { NOT_ALL } from "@/ui/NotAll";
import { type Catalogue, kindOfTypes } from "@/rule-ui/catalogue";
import { needsOf } from "./Recipes";
import { RuleEditor, type View } from "./RuleEditor";
import { blockDeed, historyDeed } from "./tree";

const random = seeded(17);
const CATALOGUE: Catalogue = {
  events: [{ type: "track", name: "Order Completed" }],
  properties: () => [{ name: "revenue", kind: "number" }],
  traits: [{ name: "plan", kind: "text" }],
  computed: [],
  purposes: ["advertising"],
  identifiers: ["email"],
  segments: [{ id: 7, name: "staff" }],
  isCut: false,
  timeZone: "Europe/Berlin",
  starts: { instant: "2026-01-01", span: "30d" },
};
const nothing = () => {};

function shown(
  rule: Rule,
  view: View,
  fields: string[] = [],
  text?: string,
  isCut = false,
): string {
  const draft = text === undefined ? draftOf(rule) : withText(draftOf(rule), text);
  const problems = problemsOf(
    rule,
    fields.map((field) => ({ field, message: `at ${field}!` })),
  );
  return renderToStaticMarkup(
    createElement(RuleEditor, {
      state: editorOf(draft),
      dispatch: nothing,
      catalogue: { ...CATALOGUE, isCut },
      problems,
      counts: new Map([["$", { text: "≈ 23,930", share: 1 }]]),
      view,
      onView: nothing,
    }),
  );
}

test("every node, operator and measure is drawn, in every view", () => {
  const golden = GOLDEN.rules.filter((_, index) => index % 9 === 0).map(({ rule }) => rule);
  const rules = [...golden, ...RECIPES.map(({ rule }) => rule), ...PHRASES.map(({ rule }) => rule)];
  for (let run = 0; run < 60; run += 1) rules.push(drawnRule(random));
  for (const rule of rules) {
    const blocks = shown(rule, "blocks");
    expect(blocks.split('role="treeitem"').length - 1).toBe(outline(rule).length);
    expect(blocks.split('tabindex="0"').length - 1).toBe(1);
    expect(shown(rule, "words")).toContain("<p");
    expect(shown(rule, "json")).toContain("<textarea");
  }
}, 60_000);

test("segments to choose from that were cut say so", () => {
  const rule: Rule = { type: "segment", segment: 7 };
  expect(shown(rule, "blocks", [], undefined, true)).toContain(NOT_ALL);
  expect(shown(rule, "blocks")).not.toContain(NOT_ALL);
});

test("every problem of the API is shown in the tree", () => {
  for (const { rule, problems } of GOLDEN.rules) {
    if (problems.length === 0 || problems.length > 3) continue;
    const html = shown(rule, "blocks", problems);
    for (const field of problems) expect(html, JSON.stringify(rule)).toContain(`at ${field}!`);
  }
}, 60_000);

test("JSON that cannot be read is said where it is, and in the other views", () => {
  const rule: Rule = { type: "all", of: [] };
  expect(shown(rule, "json", [], "{\n?")).toContain("Line 2, column 1");
  expect(shown(rule, "blocks", [], "{\n?")).toContain("this is the last rule that could");
  expect(shown(rule, "blocks")).toContain("≈ 23,930");
});

test("keys on a block move, change and add, and leave the rest to the browser", () => {
  const rule: Rule = { type: "all", of: [{ type: "not", of: { type: "segment", segment: 7 } }] };
  const rows = rowsOf(draw(rule), new Set());
  const deed = (key: string, more: object = {}, at: (string | number)[] = ["of", 0]) => {
    const event = { key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more };
    return historyDeed(event) ?? blockDeed(event, rule, rows, new Set(), at);
  };
  expect(deed("ArrowUp")).toEqual({ go: [] });
  expect(deed("ArrowDown", { altKey: true })).toMatchObject({ does: { type: "shift", by: 1 } });
  expect(deed("Delete")).toMatchObject({ does: { type: "remove", path: ["of", 0] } });
  expect(deed("Enter")).toEqual({ enter: true });
  expect(deed("+")).toEqual({ add: ["of", 0] });
  expect(deed("z", { ctrlKey: true })).toMatchObject({ does: { type: "undo" } });
  expect(deed("Z", { metaKey: true, shiftKey: true })).toMatchObject({ does: { type: "redo" } });
  expect([deed("a"), deed("c", { ctrlKey: true }), deed("ArrowLeft", {}, [])]).toEqual([
    null,
    null,
    { close: [] },
  ]);
});

test("steps, scores and kinds change as their buttons say", () => {
  const last: Step = { event: { name: "b" }, within: "1h", absent: true };
  const steps: Step[] = [{ event: { name: "a" } }, last];
  expect(withNext(steps).at(-1)).toBe(last);
  expect(withoutStep(steps, 0)).toEqual([{ event: { name: "b" } }]);
  expect(withAbsence({ event: { name: "b" }, without: [{ name: "c" }] }, true)).toEqual({
    event: { name: "b" },
    within: "1d",
    absent: true,
  });
  expect(pressed(null, 3)).toEqual([3, 3]);
  expect([pressed([3, 3], 5), pressed([3, 5], 1), pressed([3, 3], 3)]).toEqual([
    [3, 5],
    [1, 5],
    null,
  ]);
  expect([pressed([1, 3], 1), pressed([1, 3], 3), pressed([1, 5], 3)]).toEqual([
    [2, 3],
    [1, 2],
    [1, 3],
  ]);
  expect(kindOfTypes({ number: 0.1, string: 0.88, list: 0.02 })).toBe("text");
  expect(kindOfTypes({ list: 1 })).toBe("list");
  expect(kindOfTypes({})).toBe("unknown");
  expect(RECIPES.flatMap(needsOf)).toHaveLength(3);
});
