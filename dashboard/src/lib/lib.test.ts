// Numbers, money, times, masks and addresses: what people read, and laws over all inputs.
import { describe, expect, test } from "vitest";
import { mask } from "./mask";
import { formatMoney } from "./money";
import { formatChange, formatEstimate, formatMoves, formatShare } from "./number";
import { instantsOf, rangeOf } from "./range";
import { formatInstant, formatRelative, formatSpan } from "./time";
import { formatSearch, oneOf, parseSearch, textOf, textsOf, wholeOf } from "./url";

const ODD: readonly unknown[] = [
  undefined,
  null,
  "",
  "x",
  0,
  1,
  -1,
  1.5,
  Number.NaN,
  true,
  false,
  [],
  ["a", "b"],
  {},
  "9".repeat(400),
  "\u0000",
  "ä😀",
];

describe("numbers", () => {
  test("an estimate says that it is one", () => {
    expect(formatEstimate(5, true)).toBe("5");
    expect(formatEstimate(5, false)).toBe("≈ 5");
  });
  test.each([
    [0, "0 %"],
    [0.0001, "< 0.1 %"],
    [0.153, "15 %"],
    [0.0153, "1.5 %"],
    [0.9999, "> 99.9 %"],
    [1, "100 %"],
  ])("a share of %d is %s", (share, text) => expect(formatShare(share)).toBe(text));
  test.each([
    [3, "+3"],
    [-3, "−3"],
    [0, "0"],
  ])("a change of %d is %s", (change, text) => expect(formatChange(change)).toBe(text));
  test.each([
    [27, 0, "+27 −0"],
    [0, 1_500, "+0 −1,500"],
    [0, 0, "no change"],
  ])("%d came and %d went: %s", (came, went, text) => expect(formatMoves(came, went)).toBe(text));
});

describe("money", () => {
  test("keeps every digit of sums that no float holds", () => {
    expect(formatMoney("90071992547409931.27", "USD").replace(/\D/g, "")).toBe(
      "9007199254740993127",
    );
    expect(formatMoney("-5.00", "EUR")).toContain("−5");
    expect(formatMoney("700", "JPY")).toBe("700 JPY");
  });
});

describe("times", () => {
  const now = Date.parse("2026-03-01T09:30:00Z");
  test("are relative to a clock that is given", () => {
    expect(formatRelative("2026-03-01T09:29:48Z", now)).toContain("12");
    expect(formatRelative("2026-03-03T09:30:00Z", now)).toContain("2");
    expect(formatRelative("2026-03-01T09:30:00.900Z", now)).toBe("just now");
  });
  test("are shown in the workspace's zone", () => {
    expect(formatInstant("2026-03-01T23:30:00Z", "Europe/Berlin")).toBe(
      "2026-03-02 00:30:00 Europe/Berlin",
    );
    expect(formatInstant("2026-03-29T00:59:59Z", "Europe/Berlin")).toContain("01:59:59");
    expect(formatInstant("2026-03-29T01:00:00Z", "Europe/Berlin")).toContain("03:00:00");
  });
  test.each([
    [0.25, "250 ms"],
    [5, "5 s"],
    [59.7, "60 s"],
    [3_725, "1 h 2 min"],
    [90_000, "1 d 1 h"],
    [86_400, "1 d"],
  ])("a span of %d s is %s", (seconds, text) => expect(formatSpan(seconds)).toBe(text));
});

describe("masks", () => {
  test("never show a whole value", () => {
    for (const value of ["a", "ab", "mary@example.com", "+4917012345", "😀😀😀😀😀😀", "x@y"]) {
      expect(mask(value)).not.toBe(value);
      expect(mask(value)).toContain("…");
    }
  });
});

describe("addresses", () => {
  test("whatever stands in one is read without an error", () => {
    for (const value of ODD) {
      const search = { at: value, since: value, until: value, range: value };
      textOf(search, "at");
      textsOf(search, "at");
      expect(wholeOf(search, "at") ?? 0).toBeGreaterThanOrEqual(0);
      expect(["a", undefined]).toContain(oneOf(search, "at", ["a"]));
      const { since, until } = instantsOf(rangeOf(search, "24h"), 1e12);
      expect(Date.parse(until) - Date.parse(since)).toBe(86_400_000);
    }
  });
  test("what is written reads the same", () => {
    for (let seed = 1; seed < 200; seed += 1) {
      const search: Record<string, string | string[]> = {};
      for (let index = 0; index < seed % 5; index += 1) {
        const text = String.fromCodePoint(((seed * 7919 + index * 104_729) % 0xd000) + 1);
        search[`n${index}`] = index % 2 === 0 ? `${text}&=+%` : [text, "b"];
      }
      expect(parseSearch(formatSearch(search).slice(1))).toEqual(search);
    }
  });
  test("what says nothing is not written", () => {
    expect(formatSearch({ a: undefined, b: "", c: null, d: false, e: [] })).toBe("");
  });
});
