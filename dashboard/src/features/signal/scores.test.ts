// Which points the chart of a score has.
import { describe, expect, test } from "vitest";
import { knownSince, scoresOf, summaryOf } from "./scores";

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

describe("the score in words", () => {
  const detail = {
    status: "healthy" as const,
    outlook: { per_hour: -6, crosses: null, at: null },
    reading: {
      id: 1,
      read_at: new Date(START).toISOString(),
      score: 99.5,
      status: "healthy" as const,
      sample: 9,
      components: {},
      reasons: [],
    },
  };
  const still = { per_hour: null, crosses: null, at: null };

  test("is what was read last, and where it is heading", () => {
    expect(summaryOf(detail, START + 120_000, 120)).toBe("Now 99 (healthy), falling by 6 an hour.");
    expect(summaryOf({ ...detail, outlook: still }, START, 120)).toBe("Now 99 (healthy).");
  });

  test("is unknown once that is too old", () => {
    expect(summaryOf(detail, START + 200_000, 120)).toBe(
      "Now unknown: the newest reading is 3 min old.",
    );
    expect(summaryOf(detail, START + 45_000, 30)).toBe(
      "Now unknown: the newest reading is 45 s old.",
    );
  });

  test("is unknown where the API says so, or nothing was read", () => {
    const unknown = { ...detail, status: "unknown" as const, outlook: still };
    expect(summaryOf(unknown, START, 120)).toBe("Now unknown.");
    expect(summaryOf({ ...unknown, reading: null }, START, 120)).toBe("Now unknown.");
  });
});
