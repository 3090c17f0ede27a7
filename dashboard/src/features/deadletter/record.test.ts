// The place that was refused, in records of any form.
import { describe, expect, test } from "vitest";
import { markedRecord, pathOf } from "./record";

const ENVELOPE = {
  stratum: 1,
  source: 3,
  received: 5,
  event: { type: "track", userId: "customer-1", properties: { items: [1, { price: "x" }] } },
};
const marked = (detail: string, record: unknown = ENVELOPE) => {
  const found = markedRecord(JSON.stringify(record), detail, true, []);
  return {
    text: found.lines.filter(({ isMarked }) => isMarked).map(({ text }) => text),
    note: found.note,
  };
};

describe("the place of a refusal", () => {
  test("is marked where it lies in the event", () => {
    expect(marked("$.properties.items[1].price").text).toEqual(['"price": "x"']);
    expect(marked("$.type").text).toEqual(['"type": "track",']);
  });
  test("is the part that lacks something", () => {
    const { text, note } = marked("$.event");
    expect(text[0]).toBe('"event": {');
    expect(note).toContain("“event” is missing");
  });
  test("may lie in the envelope, in a command or in a record without one", () => {
    expect(marked("received").text).toEqual(['"received": 5,']);
    expect(marked("$.command.links", { stratum: 1, command: { links: 1 } }).text).toEqual([
      '"links": 1',
    ]);
    expect(marked("$.type", { type: 1 }).text).toEqual(['"type": 1']);
  });
  test("ends where names of members are not told", () => {
    expect(pathOf("$.traits[...].x")).toEqual(["traits"]);
  });
  test("is nowhere where the detail names none", () => {
    for (const detail of ["", "ValueError in unify.py:12", "$", "$.", "$[", "a b"])
      expect(marked(detail).text).toEqual([]);
  });
});

test("identifiers are masked, and what is no JSON says that it cannot be", () => {
  const { lines } = markedRecord(JSON.stringify(ENVELOPE), "", true, []);
  expect(lines.map(({ text }) => text).join("\n")).not.toContain("customer-1");
  expect(markedRecord('{"a":', "", true, []).isReadable).toBe(false);
});

test("any JSON has lines", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 3_000; level += 1) deep = { a: deep };
  const wide = Array.from({ length: 10_000 }, () => 1);
  for (const record of [null, 1, "x", [], {}, deep, wide, [[[]]]]) {
    const { lines } = markedRecord(JSON.stringify(record), "$.a", false, []);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(2_200);
  }
});
