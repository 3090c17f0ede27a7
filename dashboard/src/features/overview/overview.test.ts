// What the overview works out itself: points of spark lines, marks of anomalies, first steps.
import { describe, expect, test } from "vitest";
import type { Schemas } from "@/api/schemas";
import { marksOf } from "./anomalies";
import { movementOf, pointsOf, revenueIn } from "./hours";
import { stepsOf } from "./steps";
import { countsOf } from "./verdicts";

function hour(at: number, events: number): Schemas["HourView"] {
  const hour_at = new Date(Date.UTC(2026, 2, 1, at)).toISOString();
  const none = { people_created: 0, duplicates: 0, rejected: 0, orders: 0, revenue: [] };
  return { ...none, hour_at, events };
}

function hours(
  complete_until: string | null,
  list: Schemas["HourView"][],
): Schemas["StatisticsHours"] {
  return { as_of: "2026-03-01T04:30:00Z", complete_until, hours: list };
}

describe("hours", () => {
  const list = [hour(1, 5), hour(2, 0), hour(3, 0), hour(4, 9)];
  const values = (complete: string | null) =>
    pointsOf(hours(complete, list), (each) => each.events).map(({ value }) => value);

  test("the one under way is left out", () => {
    expect(values("2026-03-01T04:30:00Z")).toEqual([5, 0, 0]);
  });
  test("nothing counted is zero only where all is counted", () => {
    expect(values("2026-03-01T03:10:00Z")).toEqual([5, 0, null]);
    expect(values(null)).toEqual([5, null, null]);
  });
  test("revenue of a currency that an hour had not is none", () => {
    const money = { currency: "EUR", orders: 1, amount_minor: 250, amount: "2.50" };
    expect(revenueIn({ ...hour(1, 1), revenue: [money] }, "EUR")).toBe(250);
    expect(revenueIn(hour(1, 1), "EUR")).toBe(0);
  });
  test("the movement is said with what is missing", () => {
    const points = [
      { at: 0, value: 5 },
      { at: 1, value: null },
      { at: 2, value: 7 },
    ];
    expect(movementOf("Events", points)).toBe(
      "Events by the hour, 2 hours: 12, at most 7 in one; 1 not known",
    );
    expect(movementOf("Events", [{ at: 0, value: null }])).toBe("Events by the hour: not known");
  });
});

describe("anomalies", () => {
  const anomaly: Schemas["AnomalyView"] = {
    id: 7,
    signal: "source:1",
    metric: "events",
    direction: "down",
    started_at: "2026-03-01T02:00:00Z",
    ended_at: "2026-03-01T03:00:00Z",
    ending: "recovered",
    peak_at: "2026-03-01T02:30:00Z",
    value: 12,
    expected: 52,
    expected_low: 31,
    expected_high: 74,
    score: 0.99,
  };
  const [since, until] = [Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2)];

  test("stand where they were furthest off, with the range that was expected", () => {
    const { markers, spans } = marksOf([anomaly], since, until, () => "web");
    expect(markers).toEqual([
      {
        at: Date.parse(anomaly.peak_at),
        kind: "anomaly",
        label: "events of web: 12 instead of 52 (31–74)",
      },
    ]);
    expect(spans.map((span) => [span.since, span.until])).toEqual([
      [Date.parse(anomaly.started_at), Date.parse(anomaly.started_at) + 3_600_000],
    ]);
  });
  test("shade the volume only where it is the volume that was unusual", () => {
    const other = { ...anomaly, metric: "match_quality" };
    const { markers, spans } = marksOf([other], since, until, () => "web");
    expect([markers.length, spans.length]).toEqual([1, 0]);
  });
  test("of another day are left out, and one that lasts reaches to now", () => {
    const old = { ...anomaly, started_at: "2026-02-01T02:00:00Z", peak_at: "2026-02-01T02:10:00Z" };
    expect(marksOf([{ ...old, ended_at: "2026-02-01T03:00:00Z" }], since, until, String)).toEqual({
      shown: [],
      markers: [],
      spans: [],
    });
    const lasting = marksOf([{ ...old, ended_at: null }], since, until, String);
    expect(lasting.markers[0]?.at).toBe(since);
    expect(lasting.spans[0]?.until).toBeNull();
  });
});

describe("first steps", () => {
  const begun = { events: 0, segments: ["consented_customers"], audiences: 0, connected: 0 };

  test("nothing is done in a new workspace, whose first segment nobody made", () => {
    expect(stepsOf(begun)).toEqual({ event: false, segment: false, platform: false });
  });
  test("each is done by itself", () => {
    expect(stepsOf({ ...begun, events: 1 }).event).toBe(true);
    expect(stepsOf({ ...begun, segments: [...begun.segments, "vips"] }).segment).toBe(true);
    expect(stepsOf({ ...begun, connected: 1 }).platform).toBe(true);
    expect(stepsOf({ ...begun, audiences: 1 }).platform).toBe(true);
  });
});

describe("what the gate says of all audiences", () => {
  const counted = { as_of: "2026-03-01T09:30:00Z", held: 1, blocked: 0, passing: 3, exact: true };

  test("is as many of each as the API counted", () => {
    expect(countsOf(counted)).toEqual([
      ["hold", "1"],
      ["block", "0"],
      ["pass", "3"],
    ]);
  });
  test("is at least so many where not all were judged", () => {
    expect(countsOf({ ...counted, exact: false })?.[0]).toEqual(["hold", "at least 1"]);
  });
  test("is no audience only where all were judged and none is there", () => {
    const none = { ...counted, held: 0, passing: 0 };
    expect(countsOf(none)).toBeNull();
    expect(countsOf({ ...none, exact: false })?.[2]).toEqual(["pass", "at least 0"]);
  });
});
