// What changed between readings, and where the score is heading.
import { describe, expect, test } from "vitest";
import type { Schemas } from "@/api/schemas";
import { alertMarks } from "./marks";
import { changedSince, changeText, forecastOf } from "./changed";

function reading(scores: Record<string, number | null>): Schemas["Reading"] {
  const components = Object.fromEntries(
    Object.entries(scores).map(([name, score]) => [
      name,
      { name, score, weight: 1, critical: false, floor: null, sample: 9, reason: "", inputs: {} },
    ]),
  );
  const at = "2026-03-01T10:00:00Z";
  return { id: 1, read_at: at, score: 63, status: "degraded", sample: 9, reasons: [], components };
}

describe("the component that changed", () => {
  test("is the one that went furthest", () => {
    const before = reading({ freshness: 100, match_quality: 100 });
    const now = reading({ freshness: 97, match_quality: 63 });
    expect(changedSince(now, before)).toEqual({ name: "match_quality", from: 100, to: 63 });
  });
  test("one that is unknown now comes before any that is lower", () => {
    const before = reading({ freshness: 100, match_quality: 100 });
    const now = reading({ freshness: 1, match_quality: null });
    const changed = changedSince(now, before);
    expect(changed && changeText(changed)).toBe("match quality 100 → unknown");
  });
  test("is none where all are shown alike", () => {
    expect(changedSince(reading({ a: 99.2, b: null }), reading({ a: 99.7, b: null }))).toBeNull();
  });
});

describe("the forecast", () => {
  const now = reading({});
  const outlook = { per_hour: -6, crosses: 40, at: "2026-03-01T13:50:00Z" };

  test("goes from the newest reading to where the API says, at the chart's pace", () => {
    const points = forecastOf({ reading: now, outlook }, 3_600_000);
    expect(points[0]).toEqual({ at: Date.parse(now.read_at), value: 63 });
    expect(points.at(-1)).toEqual({ at: Date.parse(outlook.at), value: 40 });
    expect(points.map(({ value }) => Math.round(value ?? -1))).toEqual([63, 57, 51, 45, 40]);
  });
  test("is none without an outlook, a score or a step", () => {
    expect(forecastOf({ reading: now, outlook: { ...outlook, at: null } }, 1)).toEqual([]);
    expect(forecastOf({ reading: { ...now, score: null }, outlook }, 1)).toEqual([]);
    expect(forecastOf({ reading: null, outlook }, 1)).toEqual([]);
    expect(forecastOf({ reading: now, outlook }, 0)).toEqual([]);
  });
});

test("alerts that a signal causes or is part of are marked where they were opened", () => {
  const alert = { id: 4, severity: "warning", summary: "app is degraded", members: [] };
  const opened_at = "2026-03-01T09:03:00Z";
  const alerts = [
    { ...alert, key: "signal:source:2", opened_at },
    { ...alert, key: "gate:meta:1", members: ["signal:source:2"], opened_at },
    { ...alert, key: "signal:source:1", opened_at },
  ] as unknown as Schemas["AlertView"][];
  const mark = { at: Date.parse(opened_at), kind: "alert", label: "4, warning: app is degraded" };
  expect(alertMarks(alerts, "source:2")).toEqual([mark, mark]);
});
