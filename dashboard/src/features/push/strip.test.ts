// Verdicts per step: nothing decided is zero, what was not read is unknown.
import { describe, expect, test } from "vitest";
import { askedOf } from "./asked";
import { readPushSearch } from "./address";
import { barsOf, stepOf } from "./strip";

const HOUR = 3_600_000;
const since = Date.UTC(2026, 2, 1);
const decided = (hour: number, verdict: "pass" | "hold" | "block") => ({
  decided_at: new Date(since + hour * HOUR + 1_000).toISOString(),
  verdict,
});

describe("bars", () => {
  test("count each verdict in its step", () => {
    const bars = barsOf(
      [decided(0, "hold"), decided(0, "hold"), decided(2, "pass")],
      since,
      since + 24 * HOUR,
      null,
    );
    expect(bars).toHaveLength(24);
    expect(bars[0]?.values).toEqual({ pass: 0, hold: 2, block: 0 });
    expect(bars[1]?.values).toEqual({ pass: 0, hold: 0, block: 0 });
    expect(bars[2]?.values).toEqual({ pass: 1, hold: 0, block: 0 });
  });
  test("of what was not read are left out", () => {
    const bars = barsOf([decided(5, "block")], since, since + 24 * HOUR, since + 5 * HOUR);
    expect(bars[0]?.at).toBe(since + 5 * HOUR);
  });
  test("are at most sixty, up to a month", () => {
    for (const span of [0.25, 1, 6, 24, 168, 720])
      expect((span * HOUR) / stepOf(since, since + span * HOUR)).toBeLessThanOrEqual(60);
  });
});

test("the address says what is asked for, a week where it names no range", () => {
  const now = since + 30 * 24 * HOUR;
  const asked = askedOf(readPushSearch({ audience: "3", verdict: "hold", code: "degraded" }), now);
  expect(asked).toEqual({
    since: new Date(now - 168 * HOUR).toISOString(),
    audience: 3,
    verdict: "hold",
    code: "degraded",
  });
  const own = { since: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z" };
  expect(askedOf(readPushSearch(own), now)).toEqual(own);
});
