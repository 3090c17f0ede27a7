// Days of a time zone.
import { expect, test } from "vitest";
import { byDay, dayOf } from "./days";

test("a day begins at midnight of the zone", () => {
  expect(dayOf("2026-03-01T22:59:59Z", "Europe/Berlin")).toBe("2026-03-01");
  expect(dayOf("2026-03-01T23:00:00Z", "Europe/Berlin")).toBe("2026-03-02");
  expect(dayOf("2026-03-01T23:00:00Z", "America/New_York")).toBe("2026-03-01");
});

test("the day on which the clock is put forward has 23 hours", () => {
  const at = (hour: number) => new Date(Date.UTC(2026, 2, 28, hour)).toISOString();
  const hours = Array.from({ length: 72 }, (_, index) => at(index));
  const days = byDay(hours, (each) => each, "Europe/Berlin");
  expect(days.find(({ day }) => day === "2026-03-29")?.items).toHaveLength(23);
});

test("nothing is lost and the order stays", () => {
  const items = ["2026-03-02T10:00:00Z", "2026-03-02T09:00:00Z", "2026-03-01T09:00:00Z"];
  const days = byDay(items, (each) => each, "UTC");
  expect(days.map(({ day }) => day)).toEqual(["2026-03-02", "2026-03-01"]);
  expect(days.flatMap((day) => day.items)).toEqual(items);
  expect(byDay([], String, "UTC")).toEqual([]);
});
