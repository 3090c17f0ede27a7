// Ticks at round local times over changes of the clocks, and scales that take any values.
import { describe, expect, it } from "vitest";
import { extentOf, timeScale, timeTicks, valueScale, valueTicks } from "@/chart/scale";
import {
  DAY,
  dayNumber,
  instantOfWall,
  offsetAt,
  startOfDay,
  wallAt,
  wallText,
} from "@/chart/zone";

const HOUR = 3_600_000;
const BERLIN = "Europe/Berlin";
const at = (text: string): number => Date.parse(text);
const local = (instant: number, zone: string): string => {
  const wall = wallAt(instant, zone);
  return `${wall.day}. ${wall.hour}:${String(wall.minute).padStart(2, "0")}`;
};

describe("dates and times that somebody chooses", () => {
  const chosen = (text: string): string | undefined => {
    const instant = instantOfWall(text, BERLIN);
    return instant === null ? undefined : new Date(instant).toISOString();
  };
  it("are those of the zone, before and after its clocks change", () => {
    expect(chosen("2026-03-29T01:59")).toBe("2026-03-29T00:59:00.000Z");
    expect(chosen("2026-03-29T03:00")).toBe("2026-03-29T01:00:00.000Z");
    expect(chosen("2026-10-25T01:59")).toBe("2026-10-24T23:59:00.000Z");
    expect(chosen("2026-10-25T03:00")).toBe("2026-10-25T02:00:00.000Z");
  });
  it("are the first of two, and never one that clocks skip", () => {
    expect(chosen("2026-10-25T02:30")).toBe("2026-10-25T00:30:00.000Z");
    expect(chosen("2026-03-29T02:30")).toBe("2026-03-29T01:30:00.000Z");
    expect(wallText(instantOfWall("2026-03-29T02:30", BERLIN) ?? 0, BERLIN)).toBe(
      "2026-03-29T03:30",
    );
  });
  it("come back as they were chosen, on every hour of a year that clocks show", () => {
    for (let hour = 0; hour < 366 * 24; hour += 1) {
      const instant = at("2026-01-01T00:15:00Z") + hour * HOUR;
      const text = wallText(instant, BERLIN);
      expect(wallText(instantOfWall(text, BERLIN) ?? 0, BERLIN)).toBe(text);
    }
  });
  it("are none while they are half typed", () => {
    expect([chosen(""), chosen("2026-03-")]).toEqual([undefined, undefined]);
  });
});

describe("days", () => {
  it("begin at local midnight, also on the days clocks change", () => {
    for (const day of ["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26"]) {
      const start = startOfDay(at(`${day}T00:00:00Z`) / DAY, BERLIN);
      expect(wallAt(start, BERLIN)).toMatchObject({ hour: 0, minute: 0, second: 0 });
      expect(wallAt(start - 1, BERLIN).hour).toBe(23);
    }
  });
  it("begin later where midnight is skipped, and at the first of two midnights", () => {
    const beirut = startOfDay(at("2026-03-29T00:00:00Z") / DAY, "Asia/Beirut");
    expect(local(beirut, "Asia/Beirut")).toBe("29. 1:00");
    const havana = startOfDay(at("2026-11-01T00:00:00Z") / DAY, "America/Havana");
    expect(local(havana, "America/Havana")).toBe("1. 0:00");
    expect(dayNumber(havana - 1, "America/Havana")).toBe(at("2026-10-31T00:00:00Z") / DAY);
  });
  it("fall together where a whole day is skipped", () => {
    const day = at("2011-12-30T00:00:00Z") / DAY;
    expect(startOfDay(day, "Pacific/Apia")).toBe(startOfDay(day + 1, "Pacific/Apia"));
  });
  it("knows offsets of quarter hours", () => {
    expect(offsetAt(at("2026-01-01T00:00:00Z"), "Asia/Kathmandu")).toBe(5.75 * HOUR);
  });
});

describe("ticks", () => {
  const marks = (since: string, until: string, zone: string, most: number): string[] =>
    timeTicks(at(since), at(until), zone, most, "en-GB").map((tick) => tick.label);

  it("stand at round local hours when clocks go forward", () => {
    const found = marks("2026-03-28T18:00:00Z", "2026-03-29T12:00:00Z", BERLIN, 8);
    expect(found).toEqual(["21:00", "29 Mar", "03:00", "06:00", "09:00", "12:00"]);
  });
  it("stand at round local hours when clocks go back, the repeated hour twice", () => {
    const found = marks("2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z", BERLIN, 8);
    expect(found).toEqual(["25 Oct", "01:00", "02:00", "02:00", "03:00", "04:00"]);
    const wide = marks("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", BERLIN, 5);
    expect(wide).toEqual(["18:00", "25 Oct", "06:00", "12:00"]);
  });
  it("begin a day whose midnight does not exist", () => {
    const found = marks("2026-03-28T16:00:00Z", "2026-03-29T10:00:00Z", "Asia/Beirut", 8);
    expect(found).toEqual(["18:00", "21:00", "29 Mar", "03:00", "06:00", "09:00", "12:00"]);
  });
  it("stand at days, weeks, months and years of the zone", () => {
    expect(marks("2026-03-27T00:00:00Z", "2026-03-31T12:00:00Z", BERLIN, 6)).toEqual([
      "28 Mar",
      "29 Mar",
      "30 Mar",
      "31 Mar",
    ]);
    const weeks = timeTicks(at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"), BERLIN, 6);
    expect(weeks.map((tick) => new Date(tick.at + 2 * HOUR).getUTCDay())).toEqual([1, 1, 1, 1, 1]);
    expect(marks("2025-11-15T00:00:00Z", "2026-02-15T00:00:00Z", BERLIN, 4)).toEqual([
      "Dec 2025",
      "Jan 2026",
      "Feb 2026",
    ]);
  });
  it("are in order, inside the range, and no more than asked, for any range and zone", () => {
    const zones = [BERLIN, "UTC", "Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe"];
    let seed = 7;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    for (let round = 0; round < 200; round += 1) {
      const since = at("2025-01-01T00:00:00Z") + random() * 700 * DAY;
      const until = since + 10 ** (3 + random() * 8);
      const zone = zones[round % zones.length] ?? "UTC";
      const found = timeTicks(since, until, zone, 6).map((tick) => tick.at);
      expect(found).toEqual([...new Set(found)].toSorted((a, b) => a - b));
      expect(found.every((tick) => tick >= since && tick <= until)).toBe(true);
      expect(found.length).toBeLessThanOrEqual(8);
    }
  });
  it("are none for a range that is none", () => {
    expect(timeTicks(5, 5, "UTC", 5)).toEqual([]);
    expect(timeTicks(9, 5, "UTC", 5)).toEqual([]);
    expect(timeTicks(Number.NaN, 5, "UTC", 5)).toEqual([]);
  });
});

describe("scales", () => {
  it("take nothing, one value, and values that are none", () => {
    expect(extentOf([])).toBeNull();
    expect(extentOf([null, Number.NaN, 3, Number.POSITIVE_INFINITY])).toEqual([3, 3]);
    expect(valueScale(null, 0, 100).domain()).toEqual([0, 1]);
    const [low = 0, high = 0] = valueScale([3, 3], 0, 100).domain();
    expect(low).toBeLessThan(3);
    expect(high).toBeGreaterThan(3);
    expect(timeScale(5, 5, 0, 10)(5)).toBe(0);
  });
  it("have whole ticks for counts", () => {
    expect(valueTicks(valueScale([0, 2], 0, 100), 8, true)).toEqual([0, 1, 2]);
  });
});
