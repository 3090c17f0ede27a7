// Computed traits in words, and rules that keep what suits.
import { expect, test } from "vitest";
import {
  FIRST,
  FUNCTIONS,
  traitWords,
  type TraitFunction,
  withFunction,
  withWindow,
} from "./functions";

const ORDERS = { ...FIRST, event: { ...FIRST.event, name: "Order Completed" } };

test("a rule is read as a sentence", () => {
  expect(traitWords(ORDERS)).toBe("the number of “Order Completed” in the last 30 days");
  const sum = { ...withFunction(withWindow(ORDERS, null), "sum"), property: "revenue" };
  expect(traitWords(sum)).toBe("the sum of revenue of “Order Completed”");
});

test.each(Object.keys(FUNCTIONS) as TraitFunction[])("%s has its property or none", (name) => {
  const made = withFunction({ ...ORDERS, property: "revenue" }, name);
  expect(made.function).toBe(name);
  expect(made.property).toBe(FUNCTIONS[name].hasProperty ? "revenue" : undefined);
  expect(traitWords(made)).toContain("“Order Completed”");
});
