// Requests of drafts.
import { describe, expect, test } from "vitest";
import { draftOf, namesOf, requestOf } from "./draft";

const DRAFT = { ...draftOf("3"), traits: "plan", events: "Order Completed\n\n", kinds: "email" };

describe("the request", () => {
  test("has what was chosen", () => {
    const request = requestOf({ ...DRAFT, allTraits: false, hasRevenue: true });
    expect(request).toMatchObject({
      segment_id: 3,
      traits: ["plan"],
      events: ["Order Completed"],
      identifier_kinds: ["email"],
      identifiers: "raw",
      revenue: true,
    });
    expect(request).not.toHaveProperty("rule");
    expect(request).not.toHaveProperty("purpose");
  });
  test("tells a platform identifiers alone", () => {
    const request = requestOf({ ...DRAFT, form: "meta", hasRevenue: true, computed: ["a"] });
    expect(request).toMatchObject({ identifiers: "meta", events: false, revenue: false });
    expect(request.computed).toEqual([]);
    expect(request).not.toHaveProperty("traits");
  });
  test("has no kinds where it has no identifiers", () => {
    expect(requestOf({ ...DRAFT, form: "none" })).not.toHaveProperty("identifier_kinds");
  });
  test("has a rule instead of a segment", () => {
    const rule = '{"type":"all","of":[]}';
    expect(requestOf({ ...DRAFT, who: "rule", rule })).toMatchObject({ rule: { type: "all" } });
    expect(() => requestOf({ ...DRAFT, who: "rule", rule: "{" })).toThrow("not valid JSON");
  });
});

test("names are listed once", () => {
  expect(namesOf(" a \n\nb\r\na\n")).toEqual(["a", "b"]);
});
