// Gaps stay gaps: nothing missing is joined, nothing unknown is zero.
import { describe, expect, it } from "vitest";
import { blanks, ordered, runs, stateSpans } from "@/chart/gaps";
import { linesOf } from "@/chart/lines";

const point = (at: number, value: number | null) => ({ at, value });

describe("runs", () => {
  it("end at unknown values, at values that are none, and at missing steps", () => {
    const found = runs(
      [point(0, 1), point(1, 2), point(2, null), point(3, 4), point(5, 6), point(6, Number.NaN)],
      1,
    );
    expect(found.map((run) => run.map(({ at }) => at))).toEqual([[0, 1], [3], [5]]);
  });
  it("take points in any order and the last said of an instant", () => {
    expect(runs([point(1, 2), point(0, 1), point(1, 5)], 1)).toEqual([
      [
        { at: 0, value: 1 },
        { at: 1, value: 5 },
      ],
    ]);
    expect(ordered([{ at: Number.NaN }, { at: 1 }])).toEqual([{ at: 1 }]);
  });
  it("never join over an unknown value, however near its neighbours", () => {
    expect(runs([point(0, 1), point(1, null), point(1.2, 3)], 10)).toHaveLength(2);
  });
});

describe("blanks", () => {
  it("are between runs and at the ends", () => {
    const found = runs([point(3, 1), point(4, 1), point(7, 1)], 1);
    expect(blanks(found, 1, 0, 10)).toEqual([
      [0, 3],
      [4, 7],
      [7, 10],
    ]);
  });
  it("are everything where nothing is known, and nothing where all is", () => {
    expect(blanks([], 1, 0, 10)).toEqual([[0, 10]]);
    expect(blanks(runs([point(0, 1), point(1, 1), point(2, 1)], 1), 1, 0, 2)).toEqual([]);
  });
  it("of several series are where none knows; a forecast's future is none", () => {
    const lines = linesOf({
      series: [
        { name: "a", points: [point(0, 1), point(1, 1)] },
        { name: "b", points: [point(1, 1), point(2, 1), point(3, null)] },
        { name: "f", points: [point(6, 1), point(7, 1)], isForecast: true },
      ],
      expected: [],
      shows: [],
      step: 1,
      since: 0,
      until: 9,
    });
    expect(lines.nowhere).toEqual([[2, 6]]);
  });
});

describe("state spans", () => {
  it("hold until the next reading, but not for ever", () => {
    const found = stateSpans(
      [
        { at: 2, state: "healthy" },
        { at: 4, state: "degraded" },
        { at: 20, state: "healthy" },
      ],
      2,
      0,
      24,
    );
    expect(found).toEqual([
      { since: 0, until: 2, state: "unknown" },
      { since: 2, until: 4, state: "healthy" },
      { since: 4, until: 7, state: "degraded" },
      { since: 7, until: 20, state: "unknown" },
      { since: 20, until: 23, state: "healthy" },
      { since: 23, until: 24, state: "unknown" },
    ]);
  });
  it("cover every range exactly, without overlap, and are unknown without readings", () => {
    expect(stateSpans([], 1, 5, 9)).toEqual([{ since: 5, until: 9, state: "unknown" }]);
    const early = stateSpans([{ at: 4, state: "healthy" }], 2, 5, 9);
    expect(early).toEqual([
      { since: 5, until: 7, state: "healthy" },
      { since: 7, until: 9, state: "unknown" },
    ]);
  });
});
