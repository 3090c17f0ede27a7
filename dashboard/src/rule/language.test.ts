// What is offered: every node and operator, only what suits, and nothing that the API refuses.
import { expect, test } from "vitest";
import { checksOf } from "./checks";
import { firstCondition, withMeasure, withOp } from "./convert";
import { drawnCondition } from "./drawn";
import { asKind, drawScalar, readList, readNumber, readScalar, readWhole } from "./fields";
import { GOLDEN } from "./golden";
import { MEASURES, NODES } from "./language";
import { hintOf, offeredOps, OPS } from "./operators";
import { spell } from "./path";
import { isAbsence, PHRASES } from "./phrases";
import { messageAt, problemsAt, problemsBelow, problemsOf } from "./problems";
import { seeded } from "./random";
import { readRule } from "./read";
import { RECIPES } from "./recipes";
import { isWithin, readSpan, spanMs, spanWords } from "./spans";
import type { EventNode, Measure, Rule } from "./types";

const random = seeded(3);
const STARTS = { instant: "2026-01-01", span: "30d" };
const measures = Object.keys(MEASURES) as Measure[];

test("every node can be added, and what is added can be drawn", () => {
  const types = new Set(PHRASES.map(({ rule }) => rule.type));
  expect([...types].toSorted()).toEqual(Object.keys(NODES).toSorted());
  expect(new Set(PHRASES.map(({ id }) => id)).size).toBe(PHRASES.length);
  for (const { rule } of PHRASES) expect(readRule(rule)).toEqual({ rule });
  expect(PHRASES.filter(({ rule }) => isAbsence(rule)).map(({ id }) => id)).toEqual(["did_not"]);
});

test("every operator is offered for something, and measures get what the API lets them have", () => {
  for (const op of OPS) expect(offeredOps({ of: "trait", kind: "unknown" })).toContain(op);
  const known = ["text", "number", "boolean", "list", "instant"] as const;
  expect(new Set(known.flatMap((kind) => offeredOps({ of: "trait", kind }))).size).toBe(OPS.length);
  for (const measure of measures) {
    const suits = Object.entries(GOLDEN.language.operators)
      .filter(([, row]) => row.suits.some((kind) => kind === MEASURES[measure].kind))
      .map(([op]) => op);
    expect(offeredOps({ of: "measure", measure }).toSorted()).toEqual(suits.toSorted());
  }
  const moving = offeredOps({ of: "property", kind: "instant" });
  expect(moving.filter((op) => op.startsWith("within"))).toEqual([]);
  expect(hintOf({ op: "not_exists" }, { of: "trait", kind: "text" })).not.toBeNull();
  expect(hintOf({ op: "not_in", values: [1] }, { of: "measure", measure: "count" })).toBeNull();
});

test("a check says only what the API says, too", () => {
  let said = 0;
  for (const { rule, problems } of GOLDEN.rules) {
    for (const { path } of checksOf(rule)) {
      said += 1;
      expect(problems, JSON.stringify(rule)).toContain(spell(path));
    }
  }
  expect(said).toBeGreaterThan(40);
  for (const { rule } of RECIPES) expect(checksOf(rule)).toEqual([]);
});

test("a changed operator gives a condition of the language and keeps the value that fits", () => {
  for (let run = 0; run < 2_000; run += 1) {
    const before = drawnCondition(random);
    const after = withOp(before, random.pick(OPS), STARTS);
    const rule: Rule = { type: "trait", name: "x", condition: after };
    expect(readRule(rule)).toEqual({ rule });
    expect(withOp(before, before.op, STARTS)).toBe(before);
  }
  const three = { op: "at_least", value: 3 } as const;
  expect(withOp(three, "between", STARTS)).toEqual({ op: "between", low: 3, high: 3 });
  expect(withOp(three, "in", STARTS)).toEqual({ op: "in", values: [3] });
});

test("a changed measure never leaves a condition or a property that does not suit", () => {
  for (let run = 0; run < 2_000; run += 1) {
    const first = random.pick(measures);
    const node: EventNode = { type: "event", event: { name: null }, measure: first };
    const started: EventNode = {
      ...node,
      condition: random.pick([
        drawnCondition(random),
        firstCondition({ of: "measure", measure: first }, STARTS),
      ]),
    };
    const changed = withMeasure(started, random.pick(measures), STARTS);
    const paths = checksOf({ ...changed, ...("property" in changed ? { property: "x" } : {}) });
    const about = paths.map(({ path }) => spell(path));
    expect(about).not.toContain("$.condition.op");
    expect(about).not.toContain("$.property");
  }
});

test("spans are the API's", () => {
  for (const [text, length] of GOLDEN.spans) {
    const read = readSpan(text);
    if (length !== null) {
      expect(spanMs(text)).toBe(length);
      expect(isWithin(text, null, "731d")).toBe(true);
    } else {
      expect(read === null || !isWithin(text, null, "731d"), text).toBe(true);
    }
  }
  expect(["1h", "90d", "soon"].map(spanWords)).toEqual(["1 hour", "90 days", "soon"]);
  expect(isWithin("59s", "1m", null)).toBe(false);
});

test("values are read as they are drawn, and types are kept apart", () => {
  for (const value of ["1", "", "true", 1, 0.1, 1e16, 5e-324, -3, true, false]) {
    expect(readScalar(drawScalar(value))).toBe(value);
  }
  expect(["", "1,5", "1e999", "0x10", "NaN", " 7 ", "+2", ".5"].map(readNumber)).toEqual([
    null,
    null,
    null,
    null,
    null,
    7,
    2,
    0.5,
  ]);
  expect([readWhole("12"), readWhole("0", 1), readWhole("1.5")]).toEqual([12, null, null]);
  expect(readList("DE, AT\n\nDE", "text")).toEqual({ values: ["DE", "AT"], left: [] });
  expect(readList("1, x, 2", "number")).toEqual({ values: [1, 2], left: ["x"] });
  expect([asKind("1", "number"), asKind(1, "text"), asKind("x", "number")]).toEqual([1, "1", 0]);
});

test("the API's problems find their block and field", () => {
  const rule: Rule = {
    type: "all",
    of: [{ type: "not", of: { type: "trait", name: "", condition: { op: "exists" } } }],
  };
  const found = problemsOf(rule, [
    { field: "$.of[0].of.name", message: "a" },
    { field: "body.name", message: "b" },
  ]);
  expect(found[0]).toEqual({ node: ["of", 0, "of"], rest: ["name"], message: "a" });
  expect(problemsAt(found, [])).toHaveLength(1);
  expect(problemsBelow(found, ["of", 0])).toBe(1);
  expect(messageAt(problemsAt(found, ["of", 0, "of"]), ["name"])).toBe("a");
});
