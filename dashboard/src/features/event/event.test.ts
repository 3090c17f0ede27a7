// The live list and the volumes: nothing moves while it is held, nothing unknown is zero.
import { describe, expect, test } from "vitest";
import type { Schemas } from "@/api/schemas";
import { EMPTY, filled, unreadCount, received, shown, type Feed } from "./feed";
import { expectedRange, metricName, metricValue } from "@/lib/metrics";
import { toldWith } from "./told";

const START = Date.parse("2026-03-01T09:00:00Z");
const events = (...seconds: number[]): Schemas["FeedEvent"][] =>
  seconds.map((second) => ({
    id: `e${second}`,
    type: "track",
    name: "a",
    source_id: 1,
    profile_id: null,
    identifier: "i",
    message_id: null,
    from_the_future: false,
    occurred_at: new Date(START + second * 1_000).toISOString(),
    received_at: new Date(START + second * 1_000).toISOString(),
    payload: {},
  }));
const ids = (rows: Feed["rows"]) => rows.map(({ id }) => Number(id.slice(1)));

describe("the list", () => {
  test("takes in what is new, newest first", () => {
    const feed = received(received(EMPTY, events(1, 2), false), events(3, 2), false);
    expect(ids(feed.rows)).toEqual([3, 2, 1]);
  });
  test("stands still while it is held, and shows what waited afterwards", () => {
    const begun = received(EMPTY, events(1, 2), false);
    const held = received(begun, events(4, 3, 2), true);
    expect(ids(held.rows)).toEqual([2, 1]);
    expect(ids(held.waiting)).toEqual([4, 3]);
    expect(ids(shown(held).rows)).toEqual([4, 3, 2, 1]);
    expect(ids(received(held, events(5), false).rows)).toEqual([5, 4, 3, 2, 1]);
  });
  test("grows below even while it is held", () => {
    const held = received(received(EMPTY, events(5, 6), false), events(2, 1), true);
    expect(ids(held.rows)).toEqual([6, 5, 2, 1]);
    expect(held.waiting).toEqual([]);
  });
  test("says where more came than was read", () => {
    const begun = received(EMPTY, events(1, 2), false);
    expect([...received(begun, events(9, 8), false, "x", 7).gaps]).toEqual([
      ["e8", { cursor: "x", count: 5 }],
    ]);
    expect(received(begun, events(9, 8), false, "x").gaps.get("e8")?.count).toBeNull();
    expect(received(begun, events(9, 8), false, "x", 1).gaps.get("e8")?.count).toBeNull();
    expect([...received(begun, events(9, 2), false, "x", 7).gaps]).toEqual([]);
    expect([...received(begun, events(9, 8), false).gaps]).toEqual([]);
  });
  test("counts what is unread above while it is held", () => {
    const begun = received(EMPTY, events(1, 2), false);
    const held = received(begun, events(9, 8), true, "x", 7);
    expect([held.waiting.length, unreadCount(held)]).toEqual([2, 5]);
    expect(unreadCount(shown(held))).toBe(0);
  });
  test("closes a gap page by page, each row once and in order", () => {
    const begun = received(received(EMPTY, events(1, 2), false), events(9, 8), false, "x", 7);
    const once = filled(begun, "e8", events(7, 6), "y");
    expect(ids(once.rows)).toEqual([9, 8, 7, 6, 2, 1]);
    expect([...once.gaps]).toEqual([["e6", { cursor: "y", count: 3 }]]);
    const whole = filled(once, "e6", events(5, 4, 3, 2), "z");
    expect(ids(whole.rows)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(whole.gaps.size).toBe(0);
    expect(filled(whole, "e6", events(5), "z")).toBe(whole);
  });
  test("orders a whole second before its fractions", () => {
    const [whole, later] = events(1, 1);
    if (whole === undefined || later === undefined) throw new Error("none");
    const fraction = { ...later, id: "e2", received_at: "2026-03-01T09:00:01.120000Z" };
    const first = { ...whole, received_at: "2026-03-01T09:00:01Z" };
    expect(ids(received(EMPTY, [first, fraction], false).rows)).toEqual([2, 1]);
  });
  test("holds on to no more than it may", () => {
    const many = Array.from({ length: 1_500 }, (_, second) => second);
    const feed = received(EMPTY, events(...many), false);
    expect(feed.rows).toHaveLength(1_000);
    expect(feed.isTrimmed).toBe(true);
    expect(feed.rows[0]?.id).toBe("e1499");
  });
});

describe("metrics", () => {
  test.each([
    ["events", 40, "40"],
    ["match_quality", 6.25, "6.3 of 10"],
    ["rejected_share", 0.153, "15 %"],
    ["rejected_share", -0.00001, "0 %"],
    ["rejected_share", -0.05, "−5 %"],
    ["order_value:JPY", 700, "700 JPY"],
    ["order_value:nonsense", 700, "7.00 nonsense"],
    ["latency_ms", 1_500, "1.5 s"],
    ["reported_share:meta", 1.2, "120 %"],
  ])("%s of %d is %s", (metric, value, text) => expect(metricValue(metric, value)).toBe(text));
  test("are called in words", () => {
    expect(metricName("order_value:EUR")).toBe("order value in EUR");
    expect(metricName("latency_ms")).toBe("latency");
    expect(metricName("rejected_share")).toBe("rejected share");
  });
  test("say what was expected", () => {
    const anomaly = { metric: "events", expected: 52, expected_low: 31, expected_high: 74 };
    expect(expectedRange(anomaly as Schemas["AnomalyView"])).toBe("52 (31–74)");
  });
});

describe("what the live feed tells", () => {
  const message: Schemas["LiveEvents"] = {
    counts: [
      { type: "track", name: "a", count: 3 },
      { type: "track", name: "b", count: 4 },
      { type: "page", name: "a", count: 5 },
    ],
    exact: true,
    shown: [],
  };
  test.each([
    [{}, 22],
    [{ type: "track" }, 17],
    [{ type: "track", name: "a" }, 13],
    [{ source: 1 }, null],
  ])("is counted as the list is filtered: %j", (filter, count) => {
    expect(toldWith(10, message, filter)).toBe(count);
  });
  test("is not known any more once messages were left out", () => {
    expect(toldWith(10, null, {})).toBeNull();
    expect(toldWith(null, message, {})).toBeNull();
  });
});
