// Bars stack up and down, leave out what is unknown, and cover days of 23 and 25 hours.
import { describe, expect, it } from "vitest";
import { barEnds, stacked, uncovered } from "@/chart/stack";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("stacked", () => {
  it("puts positive values on top of each other and negative ones below", () => {
    const { pieces, extent } = stacked(
      [{ at: 0, values: { in: 3, out: -2, new: 4 } }],
      ["in", "out", "new"],
    );
    expect(pieces).toEqual([
      { at: 0, index: 0, low: 0, high: 3 },
      { at: 0, index: 1, low: -2, high: 0 },
      { at: 0, index: 2, low: 3, high: 7 },
    ]);
    expect(extent).toEqual([-2, 7]);
  });
  it("draws nothing for what is unknown", () => {
    const { pieces } = stacked(
      [
        { at: 0, values: { a: null, b: 2 } },
        { at: 1, values: null },
        { at: 2, values: { a: Number.NaN } },
      ],
      ["a", "b"],
    );
    expect(pieces).toEqual([{ at: 0, index: 1, low: 0, high: 2 }]);
  });
  it("takes names that every object has", () => {
    expect(stacked([{ at: 0, values: {} }], ["constructor", "__proto__"]).pieces).toEqual([]);
  });
});

describe("uncovered", () => {
  const bar = (at: number, value: number | null) => ({ at, values: { a: value } });

  it("is where there is no bar or an unknown one; zero is known", () => {
    const bars = [bar(0, 0), bar(1, null), bar(2, 5), bar(5, 1)];
    expect(uncovered(bars, ["a"], 1, 0, 7)).toEqual([
      [1, 2],
      [3, 5],
      [6, 7],
    ]);
  });
  it("has no hole after a day of 25 hours, and no overlap after one of 23", () => {
    const bars = [bar(0, 1), bar(25 * HOUR, 1), bar(48 * HOUR, 1)];
    expect(uncovered(bars, ["a"], DAY, 0, 72 * HOUR)).toEqual([]);
    expect([...barEnds(bars, DAY).values()]).toEqual([25 * HOUR, 48 * HOUR, 72 * HOUR]);
  });
});
