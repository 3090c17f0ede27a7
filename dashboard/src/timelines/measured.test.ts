// Points with expected ranges: what is not kept is said and is no zero.
import { expect, test } from "vitest";
import { keptText, pointsOf } from "./measured";

const point = (minute: number, value: number | null, low: number | null, high: number | null) => ({
  at: new Date(Date.UTC(2026, 2, 1, 9, minute)).toISOString(),
  value,
  low,
  high,
});

test.each([
  [[point(0, 1, null, null)], "What was expected of this range is not kept."],
  [[], "What was expected of this range is not kept."],
  [[point(0, 1, 0, 2), point(1, 1, 0, null)], "What was expected is kept of 1 point of 2."],
])("says of how many points the range is kept", (points, words) => {
  expect(keptText(points)).toBe(words);
});

test("keeps gaps in the line and in the band", () => {
  const { series, expected } = pointsOf("events", [point(0, null, 0, 2), point(1, 3, null, null)]);
  expect(series[0]?.points.map(({ value }) => value)).toEqual([null, 3]);
  expect(expected.map(({ low, high }) => [low, high])).toEqual([
    [0, 2],
    [null, null],
  ]);
  expect(expected[0]?.at).toBe(Date.UTC(2026, 2, 1, 9));
});
