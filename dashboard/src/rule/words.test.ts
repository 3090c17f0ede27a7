// The page says of a rule what the API says, and knows the whole language.
import { expect, test } from "vitest";
import { GOLDEN } from "./golden";
import { EVENT_TYPES, MEASURES, NODES, OPERATOR_FIELDS, PARTS } from "./language";
import { RFM_SEGMENTS, STAGES } from "./language";
import { OPERATORS } from "./operators";
import { placed, spell } from "./path";
import { nodeWords } from "./words";

const { language } = GOLDEN;

test("every node, part and operator of the language has its fields here", () => {
  expect(NODES).toEqual(language.nodes);
  expect(PARTS).toEqual(language.parts);
  const fields = Object.entries(language.operators).map(([op, row]) => [op, row.fields]);
  expect(OPERATOR_FIELDS).toEqual(Object.fromEntries(fields));
});

test("every operator has the API's words and suits what the API lets it suit", () => {
  const here = Object.entries(OPERATORS).map(([op, row]) => {
    const { words, suits, negative = false, moves = false } = row;
    return [op, { words, suits, negative, moves }];
  });
  const there = Object.entries(language.operators).map(([op, row]) => {
    const { words, suits, negative, moves } = row;
    return [op, { words, suits, negative, moves }];
  });
  expect(Object.fromEntries(here)).toEqual(Object.fromEntries(there));
});

test("measures, event types, stages and RFM segments are the API's", () => {
  expect(MEASURES).toEqual(language.measures);
  expect(EVENT_TYPES).toEqual(language.event_types);
  expect(STAGES).toEqual(language.stages);
  expect(RFM_SEGMENTS).toEqual(language.rfm_segments);
});

test("every node of every golden rule has the API's words, at the API's path", () => {
  expect(GOLDEN.rules.length).toBeGreaterThan(500);
  for (const { rule, words } of GOLDEN.rules) {
    const here = placed(rule).map(({ path, node }) => [spell(path), nodeWords(node)]);
    expect(Object.fromEntries(here)).toEqual(words);
  }
});

test("a segment can be said by its name", () => {
  const names = { segment: (id: number) => (id === 7 ? "“staff”" : String(id)) };
  expect(nodeWords({ type: "segment", segment: 7 }, names)).toBe(
    "the person is in segment “staff”",
  );
});
