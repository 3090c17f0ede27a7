// Cursor, keys, table, marks, states and cells: what charts say besides their lines.
import { describe, expect, it, vi } from "vitest";
import { densityOf, shiftedCell } from "@/chart/cells";
import { createCursor } from "@/chart/Cursor";
import { grouped, widthOf } from "@/chart/Markers";
import { moved, standsFor, stepAround } from "@/chart/moving";
import { nearest } from "@/chart/points";
import { changesTable, filled, stateAt, turns } from "@/chart/steps";
import { sentenceAt, tableOf } from "@/chart/table";

describe("the cursor", () => {
  it("tells its listeners once per change, until they leave", () => {
    const cursor = createCursor();
    const heard = vi.fn<() => void>();
    const leave = cursor.subscribe(heard);
    cursor.set(5);
    cursor.set(5);
    expect([heard.mock.calls.length, cursor.get()]).toEqual([1, 5]);
    leave();
    cursor.set(null);
    expect(heard).toHaveBeenCalledTimes(1);
  });
  it("stands for a near point only, and for the bar it is in", () => {
    expect([nearest([0, 10, 20], 14), nearest([0, 10, 20], 99), nearest([], 1)]).toEqual([
      1, 2, -1,
    ]);
    expect([standsFor([0, 10], 12, 10), standsFor([0, 10], 99, 10)]).toEqual([10, null]);
    expect([stepAround([0, 10], 9, 10), stepAround([0, 10], -1, 10)]).toEqual([0, null]);
    expect(stepAround([0, 10], 21, 10)).toBeNull();
  });
  it("goes from point to point by keys, begins at the end, and stays inside", () => {
    const instants = [0, 10, 20, 30];
    expect(moved(instants, null, "ArrowLeft")).toBe(30);
    expect([moved(instants, 10, "ArrowLeft"), moved(instants, 10, "ArrowRight")]).toEqual([0, 20]);
    expect([moved(instants, 12, "ArrowLeft"), moved(instants, 12, "ArrowRight")]).toEqual([10, 20]);
    expect([moved(instants, 30, "ArrowRight"), moved(instants, 0, "ArrowLeft")]).toEqual([30, 0]);
    expect([moved(instants, 5, "Home"), moved(instants, 5, "End")]).toEqual([0, 30]);
    expect([
      moved([], null, "Home"),
      moved(instants, 5, "x"),
      moved(instants, 5, "toString"),
    ]).toEqual([null, null, null]);
  });
});

describe("the table", () => {
  const time = (at: number): string => `t${at}`;
  const format = (value: number): string => `${value}!`;

  it("says what the drawing says, newest first, unknown as unknown", () => {
    const { columns, rows } = tableOf({
      series: [
        {
          name: "score",
          points: [
            { at: 1, value: 0 },
            { at: 2, value: null },
          ],
        },
      ],
      expected: [{ at: 1, low: 1, high: null }],
      markers: [{ at: 1.5, kind: "hold", label: "vips" }],
      spans: [{ since: 0, until: null, label: "anomaly" }],
      since: 1,
      until: 9,
      format,
      time,
    });
    expect(columns).toEqual(["Time", "score", "Expected", "Marks"]);
    expect(rows.map((row) => row.cells)).toEqual([
      ["t2", "–", "– to –", ""],
      ["t1", "0!", "1! to –", "hold: vips; anomaly, t0 to now"],
    ]);
  });
  it("has a row for marks where there is no point", () => {
    const markers = [{ at: 3, kind: "alert" as const, label: "lag" }];
    const { rows } = tableOf({ series: [], markers, since: 1, until: 9, format, time });
    expect(rows.map((row) => row.cells)).toEqual([["t3", "alert: lag"]]);
  });
  it("is a sentence at an instant", () => {
    const entries = [
      { name: "a", textAt: () => "–" },
      { name: "b", textAt: () => "7" },
    ];
    const spans = [{ since: 1, until: 3, label: "anomaly" }];
    expect(sentenceAt(entries, spans, 2)).toBe("a not known, b 7, anomaly");
    expect(sentenceAt(entries, spans, 4)).toBe("a not known, b 7");
  });
});

describe("marks", () => {
  it("of one kind that would cover each other stand as one", () => {
    const markers = [0, 5, 40].map((at) => ({ at, kind: "hold" as const, label: `${at}` }));
    const found = grouped(markers, (at) => at);
    expect(found.map((group) => [group.place, group.markers.length])).toEqual([
      [0, 2],
      [40, 1],
    ]);
  });
  it("of several kinds never cover each other, and none is lost or ends past the area", () => {
    const kinds = ["hold", "block", "alert"] as const;
    for (const count of [1, 2, 40, 150]) {
      const markers = Array.from({ length: count }, (_, nth) => ({
        at: 300 - ((nth * 7919) % 130),
        kind: kinds[nth % 3] ?? "hold",
        label: `${nth}`,
      }));
      const found = grouped(markers, (at) => at, 300);
      expect(found.flatMap((group) => group.markers)).toHaveLength(count);
      for (const [nth, { place, markers: inside }] of found.entries()) {
        const end = place + widthOf(inside);
        expect(end).toBeLessThanOrEqual(found[nth + 1]?.place ?? 305);
      }
    }
  });
});

describe("state timelines", () => {
  const row = {
    name: "web",
    spans: [
      { since: 2, until: 4, state: "healthy" as const },
      { since: 6, until: 99, state: "degraded" as const },
    ],
  };

  it("are unknown wherever nothing was read", () => {
    expect([1, 2, 4, 6].map((at) => stateAt(row, at))).toEqual([
      "unknown",
      "healthy",
      "unknown",
      "degraded",
    ]);
    expect(filled(row, 0, 10)).toEqual([
      { since: 0, until: 2, state: "unknown" },
      { since: 2, until: 4, state: "healthy" },
      { since: 4, until: 6, state: "unknown" },
      { since: 6, until: 10, state: "degraded" },
    ]);
    expect(filled({ name: "new", spans: [] }, 0, 10)).toHaveLength(1);
  });
  it("turn where a row changes, inside the range", () => {
    expect(turns([row], 0, 10)).toEqual([0, 2, 4, 6]);
    const table = changesTable([row], 0, 10, String);
    expect(table.rows[0]?.cells).toEqual(["6", "10", "web", "degraded"]);
  });
});

describe("cells", () => {
  it("are the denser the more, and empty for nothing and for not known", () => {
    expect([0, 1, 50, 100, null].map((value) => densityOf(value, 100))).toEqual([0, 1, 2, 4, 0]);
    expect(densityOf(5, 0)).toBe(0);
  });
  it("lead to their neighbours and no further", () => {
    expect(shiftedCell("ArrowDown", 0, 0, 5, 5)).toEqual([1, 0]);
    expect(shiftedCell("ArrowUp", 0, 0, 5, 5)).toBeNull();
    expect(shiftedCell("constructor", 0, 0, 5, 5)).toBeNull();
  });
});
