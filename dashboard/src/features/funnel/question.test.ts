// A funnel's question survives the address, whatever it is; anything else is none.
import { expect, test } from "vitest";
import { bodyOf, FIRST, type Question, readQuestion, withLater, writeQuestion } from "./question";

const ASKED: Question = {
  steps: [
    {
      name: "Product Viewed",
      where: [{ property: "category", condition: { op: "equals", value: 'shoes & "more"' } }],
    },
    { name: null, event_type: "page" },
    { name: "Order Completed" },
  ],
  window: "30m",
  range: { kind: "own", since: "2026-03-01T00:00:00.000Z", until: "2026-04-01T00:00:00.000Z" },
  breakdown: { of: "property", name: "plan", limit: 3 },
};

test.each([ASKED, FIRST])("a question is read as it was written", (question) => {
  expect(readQuestion(writeQuestion(question))).toEqual(question);
});

test.each([
  undefined,
  "",
  "x",
  "null",
  "[]",
  "7",
  "{}",
  '{"steps":[]}',
  '{"steps":{}}',
  '{"steps":[{"name":1}]}',
  '{"steps":[{"name":"a","where":[{"property":"b","condition":{"op":"like"}}]}]}',
])("%s is no question", (text) => {
  expect(readQuestion(text)).toBeNull();
});

test("what makes no sense beside the steps is as usual", () => {
  const text = '{"steps":[{"name":"a"}],"window":7,"range":"x","breakdown":{"of":"x","name":"a"}}';
  expect(readQuestion(text)).toEqual({ ...FIRST, steps: [{ name: "a" }] });
});

test("the API is asked for instants and one kind of breakdown", () => {
  const body = bodyOf(ASKED, 0);
  expect(body).toMatchObject({ window: "30m", since: "2026-03-01T00:00:00.000Z" });
  expect(body.breakdown).toEqual({ property: "plan", limit: 3 });
  expect(bodyOf(FIRST, 0).until).toBe("1970-01-01T00:00:00.000Z");
  expect(bodyOf(FIRST, 0)).not.toHaveProperty("breakdown");
});

test("steps change places; the last one has none after it", () => {
  expect(withLater(ASKED, 0).steps.map(({ name }) => name)).toEqual([
    null,
    "Product Viewed",
    "Order Completed",
  ]);
  expect(withLater(ASKED, 2)).toBe(ASKED);
});
