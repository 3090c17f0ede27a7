// Masking of values of any form.
import { expect, test } from "vitest";
import { maskJson } from "./mask";

test("every text of a value is masked, wherever it stands", () => {
  const masked = maskJson({ email: "mary@example.com", tags: ["premium", { city: "Vienna" }] });
  expect(masked).toEqual({ email: "m…@e…", tags: ["pr…um", { city: "Vi…na" }] });
});

test("long numbers are masked, short ones, booleans and nothing stay", () => {
  expect(maskJson(4_915_112_345_678)).toBe("49…78");
  expect(maskJson([42, 19.99, true, null, ""])).toEqual([42, 19.99, true, null, ""]);
});

test("a property called __proto__ stays a property", () => {
  const masked = maskJson(JSON.parse('{"__proto__": "secret text"}'));
  expect(JSON.stringify(masked)).toBe('{"__proto__":"se…xt"}');
});
