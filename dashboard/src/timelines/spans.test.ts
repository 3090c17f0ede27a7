// Hours as spans.
import { expect, test } from "vitest";
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

test("healthy are counted among all signals", () => {
  expect(summaryOf([{ status: "unknown" }, { status: "healthy" }, { status: "degraded" }])).toBe(
    "1 of 3 signals healthy now.",
  );
  expect(summaryOf([{ status: "healthy" }])).toBe("1 of 1 signal healthy now.");
});
