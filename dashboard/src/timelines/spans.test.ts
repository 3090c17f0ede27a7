// Hours as spans.
import { describe, expect, test } from "vitest";
import type { Schemas } from "@/api/schemas";
import { HOUR } from "@/lib/time";
import { spansOf, summaryOf } from "./spans";

const BEGIN = Date.parse("2026-03-01T09:00:00Z");

function hour(place: number, last_status: Schemas["SignalHour"]["last_status"]) {
  const at = new Date(BEGIN + place * HOUR).toISOString();
  return { hour: at, readings: 1, unknown: 0, lowest: 1, mean: 1, highest: 1, last_status };
}

test("neighbours of one state are one span, and gaps stay gaps", () => {
  const hours = [hour(0, "healthy"), hour(1, "healthy"), hour(2, "degraded"), hour(4, "degraded")];
  const spans = spansOf(hours, BEGIN + 10 * HOUR);
  expect(
    spans.map(({ since, until, state }) => [(since - BEGIN) / HOUR, (until - BEGIN) / HOUR, state]),
  ).toEqual([
    [0, 2, "healthy"],
    [2, 3, "degraded"],
    [4, 5, "degraded"],
  ]);
});

test("the running hour ends now, and one that lies ahead is none", () => {
  const spans = spansOf([hour(0, "unhealthy"), hour(1, "healthy")], BEGIN + HOUR / 2);
  expect(spans).toEqual([{ since: BEGIN, until: BEGIN + HOUR / 2, state: "unhealthy" }]);
  expect(spansOf([], BEGIN)).toEqual([]);
});

describe("how many are healthy", () => {
  const now = BEGIN + HOUR;
  const read = (status: Schemas["Signal"]["status"], secondsAgo: number) => {
    const read_at = new Date(now - secondsAgo * 1_000).toISOString();
    const reading = { id: 1, read_at, score: 99, status, sample: 9, components: {}, reasons: [] };
    return { status, reading };
  };

  test("is counted among all signals", () => {
    const never = { status: "unknown", reading: null } as const;
    expect(summaryOf([never, read("healthy", 3), read("degraded", 3)], now, 120)).toBe(
      "1 of 3 signals healthy now.",
    );
    expect(summaryOf([read("healthy", 120)], now, 120)).toBe("1 of 1 signal healthy now.");
  });

  test("leaves out readings that have grown too old since the API gave them", () => {
    expect(summaryOf([read("healthy", 121), read("healthy", 3)], now, 120)).toBe(
      "1 of 2 signals healthy now.",
    );
    expect(summaryOf([read("healthy", 121)], now, 120)).toBe("0 of 1 signal healthy now.");
  });

  test("leaves out what the API calls unknown, whatever was read", () => {
    const future = { ...read("healthy", -60), status: "unknown" } as const;
    expect(summaryOf([future], now, 120)).toBe("0 of 1 signal healthy now.");
  });
});
