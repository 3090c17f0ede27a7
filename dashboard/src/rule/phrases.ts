// The catalogue: what a person may add to a rule, in words, and the block that it starts as.
import type { EventFilter, EventNode, Rule } from "./types";

/** No segment chosen yet: no segment has this number, and the API says so. */
export const NO_SEGMENT = -1;

export type PhraseGroup = "behaviour" | "person" | "group";
export type Phrase = {
  id: string;
  group: PhraseGroup;
  label: string;
  /** What a reader would not guess; null where there is nothing. */
  hint: string | null;
  /** What it starts as. */
  rule: Rule;
};

export const PHRASE_GROUPS: Record<PhraseGroup, string> = {
  behaviour: "What the person did",
  person: "Who the person is",
  group: "Groups",
};

const event: EventFilter = { name: null };
const inSegment: Rule = { type: "segment", segment: NO_SEGMENT };

function done(more: Omit<EventNode, "type" | "event">): Rule {
  return { type: "event", event, ...more };
}

function phrases(group: PhraseGroup, rows: [string, string, string | null, Rule][]): Phrase[] {
  return rows.map(([id, label, hint, rule]) => ({ id, group, label, hint, rule }));
}

const BEHAVIOUR = phrases("behaviour", [
  [
    "did",
    "Did an event",
    "At least once, or as often as you say.",
    done({ window: "30d", condition: { op: "at_least", value: 1 } }),
  ],
  [
    "did_not",
    "Did not do an event",
    "Also holds for people of whom no event is known.",
    done({ window: "30d", condition: { op: "less_than", value: 1 } }),
  ],
  [
    "measured",
    "Sum, average or extreme of a property",
    "Only numbers count; a text that looks like a number does not.",
    done({
      measure: "sum",
      property: "",
      window: "90d",
      condition: { op: "at_least", value: 100 },
    }),
  ],
  [
    "different",
    "Number of different values of a property",
    null,
    done({
      measure: "unique",
      property: "",
      window: "30d",
      condition: { op: "at_least", value: 2 },
    }),
  ],
  [
    "first_time",
    "Did an event for the first time",
    "The earliest event that is known, however long ago.",
    done({ measure: "first_at", condition: { op: "within_last", span: "30d" } }),
  ],
  [
    "last_time",
    "Did an event for the last time",
    null,
    done({ measure: "last_at", condition: { op: "within_last", span: "30d" } }),
  ],
  [
    "in_order",
    "Did one thing, then another",
    "Each step is later than the one before; you can say what must not happen in between.",
    { type: "sequence", steps: [{ event }, { event, within: "7d" }] },
  ],
  [
    "then_not",
    "Did one thing, and then not another",
    "Holds once the time to wait is over, not before.",
    { type: "sequence", steps: [{ event }, { event, within: "1d", absent: true }], window: "7d" },
  ],
]);

const PERSON = phrases("person", [
  [
    "trait",
    "Trait",
    "The newest value counts.",
    { type: "trait", name: "", condition: { op: "exists" } },
  ],
  [
    "computed",
    "Computed trait",
    "Only live ones.",
    { type: "computed", name: "", condition: { op: "exists" } },
  ],
  ["lifecycle", "Lifecycle stage", null, { type: "lifecycle", stages: ["customer"] }],
  [
    "rfm",
    "RFM scores or segment",
    "Never holds for people without a purchase in the look-back.",
    { type: "rfm", segments: ["champions"] },
  ],
  [
    "consent",
    "Gave consent",
    "The newest statement counts.",
    { type: "consent", purpose: "advertising" },
  ],
  [
    "no_consent",
    "Has not given consent",
    "Also holds for people who never said anything about it.",
    { type: "consent", purpose: "advertising", granted: false },
  ],
  ["identifier", "Has an identifier", null, { type: "identifier", kind: "email" }],
  ["segment", "Is in a segment", "A paused segment has the members that it had.", inSegment],
  ["no_segment", "Is not in a segment", null, { type: "not", of: inSegment }],
]);

const GROUPS = phrases("group", [
  ["all", "All of", "Empty, it holds for everybody.", { type: "all", of: [] }],
  ["any", "Any of", "Empty, it holds for nobody.", { type: "any", of: [] }],
]);

export const PHRASES: readonly Phrase[] = [...BEHAVIOUR, ...PERSON, ...GROUPS];

/** Whether an event block reads "did not do": counted, and fewer than one. */
export function isAbsence(node: Rule): boolean {
  if (node.type !== "event" || (node.measure ?? "count") !== "count") return false;
  const { condition } = node;
  if (condition?.op === "less_than") return condition.value === 1;
  if (condition?.op === "equals" || condition?.op === "at_most") return condition.value === 0;
  return false;
}
