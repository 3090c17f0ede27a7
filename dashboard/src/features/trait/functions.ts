// What a computed trait computes, as a table, and a whole rule in words. Pure.
import type { Schemas } from "@/api/schemas";
import { spanWords } from "@/rule/spans";
import { filterWords } from "@/rule/words";

export type TraitRule = Schemas["TraitRule"];
export type TraitFunction = TraitRule["function"];

interface Words {
  /** What a menu calls it. */
  readonly label: string;
  /** To be read before the property or the events. */
  readonly words: string;
  /** Of the values of a property; else of the events. */
  readonly hasProperty: boolean;
}

export const FUNCTIONS: Record<TraitFunction, Words> = {
  count: { label: "number of events", words: "the number of", hasProperty: false },
  exists: { label: "whether there is one", words: "whether there is", hasProperty: false },
  time_since: {
    label: "time since the latest",
    words: "the time since the latest",
    hasProperty: false,
  },
  sum: { label: "sum", words: "the sum of", hasProperty: true },
  average: { label: "average", words: "the average of", hasProperty: true },
  minimum: { label: "smallest value", words: "the smallest", hasProperty: true },
  maximum: { label: "largest value", words: "the largest", hasProperty: true },
  first: { label: "first value", words: "the first", hasProperty: true },
  last: { label: "latest value", words: "the latest", hasProperty: true },
  unique: {
    label: "number of different values",
    words: "the number of different",
    hasProperty: true,
  },
  most_frequent: { label: "most frequent value", words: "the most frequent", hasProperty: true },
};

/** "the sum of revenue of “Order Completed” in the last 90 days". */
export function traitWords(rule: TraitRule): string {
  const { words, hasProperty } = FUNCTIONS[rule.function];
  const property = typeof rule.property === "string" && hasProperty ? `${rule.property} of ` : "";
  const window = typeof rule.window === "string" ? ` in the last ${spanWords(rule.window)}` : "";
  return `${words} ${property}${filterWords(rule.event)}${window}`;
}

/** The rule with another function: a property that it does not take is left out. */
export function withFunction(rule: TraitRule, name: TraitFunction): TraitRule {
  const { property, ...rest } = rule;
  return FUNCTIONS[name].hasProperty
    ? { ...rest, function: name, property: property ?? "" }
    : { ...rest, function: name };
}

/** The rule with another window; null: all time. */
export function withWindow(rule: TraitRule, window: string | null): TraitRule {
  const { window: _, ...rest } = rule;
  return window === null ? rest : { ...rest, window };
}

/** What a new trait starts from. */
export const FIRST: TraitRule = {
  function: "count",
  event: { name: null, event_type: "track", where: [] },
  window: "30d",
};
