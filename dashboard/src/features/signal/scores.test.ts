// Which points the chart of a score has.
import { expect, test } from "vitest";
import { knownSince, scoresOf } from "./scores";

const START = Date.parse("2026-03-01T10:00:00Z");
const reading = (id: number, score: number | null) => ({
  id,
  read_at: new Date(START + id * 4_000).toISOString(),
  score,
});
/** An hour of readings, newest first, as pages bring them. */
const hour = Array.from({ length: 900 }, (_, index) => reading(899 - index, 80));
const END = START + 3_600_000;

test("every reading of all pages is a point, oldest first", () => {
  const points = scoresOf(hour, null, END);
  expect(points).toHaveLength(900);
  expect(points[0]?.at).toBe(START);
  expect(points.every(({ at }, index) => index === 0 || at > (points[index - 1]?.at ?? 0))).toBe(
    true,
  );
});

test("a reading that two pages bring counts once, and an unknown one is a gap", () => {
  const points = scoresOf([reading(2, null), reading(1, 5), reading(1, 5)], null, END);
  expect(points.map(({ value }) => value)).toEqual([5, null]);
});

test("the newest reading is added, unless it comes after the range", () => {
  expect(scoresOf(hour.slice(1), hour[0] ?? null, END)).toHaveLength(900);
  expect(scoresOf([], reading(900, 1), END)).toEqual([]);
});

test("pages come newest first: what is known begins at the last one's end", () => {
  expect(knownSince(hour.slice(0, 200))).toBe(START + 700 * 4_000);
  expect(knownSince([])).toBeNull();
});
