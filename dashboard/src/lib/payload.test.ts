// Records of any form: what is masked in them, and whose they are.
import { describe, expect, test } from "vitest";
import { maskPayload, whoseOf } from "./payload";

describe("a masked record", () => {
  test("shows no identifier, wherever it stands", () => {
    const record = {
      type: "track",
      userId: "customer-4711",
      context: { ip: "203.0.113.77", traits: { "E-Mail": "mary@example.com" } },
      properties: { note: "write to mary@example.com", to: "mary@example.com", total: 12.5 },
      traits: { phone: 491701234567, loyalty_card: ["88812345", { inner: "88899999" }] },
      "mary@example.com": 1,
    };
    const text = JSON.stringify(maskPayload(record, ["loyalty_card"]));
    for (const value of ["customer-4711", "203.0.113.77", "491701234567", "88812345", "88899999"])
      expect(text).not.toContain(value);
    expect(text).not.toContain('"mary@example.com"');
    expect(text).toContain("12.5");
    expect(text).toContain('"type":"track"');
  });
  test("is made of anything", () => {
    let deep: unknown = "x";
    for (let level = 0; level < 5_000; level += 1) deep = [deep];
    for (const value of [null, undefined, 1, "a", [], {}, deep, Number.NaN])
      expect(() => maskPayload(value)).not.toThrow();
  });
});

describe("whose a record is", () => {
  test.each([
    [{ traits: { email: "a@b.c" }, userId: "u" }, "a@b.c"],
    [{ userId: 7 }, "7"],
    [{ anonymousId: "x", userId: "" }, "x"],
    [{ userId: { a: 1 } }, null],
    [null, null],
    [[], null],
    ["text", null],
  ])("%j", (record, whose) => expect(whoseOf(record)).toBe(whose));
});
