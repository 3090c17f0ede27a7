// Bars of event volumes: what is known, what is not, and all that is not drawn apart.
import { describe, expect, test } from "vitest";
import type { Schemas } from "@/api/schemas";
import { HOUR, MINUTE } from "@/lib/time";
import { beginOf, nextOf, stackOf } from "./volume";

const volumes = (over: Partial<Schemas["EventVolumes"]>): Schemas["EventVolumes"] => ({
  by: "name",
  step: "hour",
  since: "2026-03-01T00:00:00Z",
  until: "2026-03-01T06:00:00Z",
  first_received_at: "2026-03-01T01:30:00Z",
  complete_until: "2026-03-01T04:10:00Z",
  names: [],
  ...over,
});

describe("volumes", () => {
  const points = [
    { at: "2026-03-01T00:00:00Z", events: 1 },
    { at: "2026-03-01T03:00:00Z", events: 5 },
  ];
  test("are zero where it is known that nothing came, and nothing elsewhere", () => {
    const { bars } = stackOf(volumes({ names: [{ name: "a", events: 6, points }] }), "UTC");
    expect(bars.map(({ values }) => values?.a ?? null)).toEqual([1, 0, 0, 5, 0, null]);
  });
  test("are unknown as long as nobody says how far they are counted", () => {
    const { bars } = stackOf(volumes({ complete_until: null }), "UTC");
    expect(bars.every(({ values }) => values === null)).toBe(true);
  });
  test("keep the others together, whatever an event is called", () => {
    const names = ["all others", "b", "c", "d", "e", "f"].map((name) => ({
      name,
      events: 5,
      points: points.slice(1),
    }));
    const stack = stackOf(
      volumes({ names: [{ name: null, events: 7, points: [] }, ...names] }),
      "UTC",
    );
    expect(stack.names).toEqual(["all others", "b", "c", "d", "e", "all others together"]);
    expect(stack.total).toBe(37);
    expect(stack.bars[3]?.values).toMatchObject({ "all others": 5, "all others together": 5 });
  });
  test.each(["UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Berlin", "Pacific/Apia"])(
    "have steps without a hole in %s",
    (zone) => {
      for (const step of ["minute", "hour", "day"] as const) {
        let at = beginOf(Date.parse("2026-03-27T13:47:11Z"), step, zone);
        for (let count = 0; count < 5; count += 1) {
          const next = nextOf(at, step, zone);
          expect(beginOf(next, step, zone)).toBe(next);
          expect(beginOf(next - 1, step, zone)).toBe(at);
          expect(next - at).toBeGreaterThanOrEqual(step === "minute" ? MINUTE : HOUR);
          at = next;
        }
      }
    },
  );
});
