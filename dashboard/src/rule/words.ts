// A rule's nodes in words, the same as the API's (`operators/rules/describe.py`): golden.json.
import { OPERATORS } from "./operators";
import type { Condition, EventFilter, EventNode, Measure, RfmNode, Rule, Scalar } from "./types";
import type { SequenceNode, Step } from "./types";

const MEASURES: Record<Exclude<Measure, "count">, string> = {
  sum: "the sum of",
  average: "the average of",
  minimum: "the smallest",
  maximum: "the largest",
  unique: "the number of different",
  first_at: "the first time of",
  last_at: "the last time of",
};

/** What segments are called; the API's words say their numbers. */
export type Names = { segment: (id: number) => string };
const NUMBERS: Names = { segment: String };

/** One node, without what is below it. */
export function nodeWords(node: Rule, names: Names = NUMBERS): string {
  switch (node.type) {
    case "all":
      return "all of these hold";
    case "any":
      return "at least one of these holds";
    case "not":
      return "this does not hold";
    case "trait":
      return `the trait ${node.name} ${conditionWords(node.condition)}`;
    case "computed":
      return `the computed trait ${node.name} ${conditionWords(node.condition)}`;
    case "lifecycle":
      return `the lifecycle stage is ${node.stages.join(" or ")}`;
    case "rfm":
      return rfmWords(node);
    case "consent":
      return `consent to ${node.purpose} is ${(node.granted ?? true) ? "granted" : "not granted"}`;
    case "identifier":
      return identifierWords(node.kind, node.at_least ?? 1);
    case "segment":
      return `the person is in segment ${names.segment(node.segment)}`;
    case "event":
      return eventWords(node);
    case "sequence":
      return sequenceWords(node);
  }
}

/** A condition, to be read after the name of a value. */
export function conditionWords(condition: Condition): string {
  const fields: Record<string, unknown> = condition;
  return OPERATORS[condition.op].words.replace(/\{(\w+)\}/g, (_, name: string) => {
    const field = fields[name];
    if (Array.isArray(field)) return listed(field);
    return name === "value" ? valueWords(field) : String(field);
  });
}

/** Which events count. */
export function filterWords(event: EventFilter): string {
  const name = event.name === null ? "anything" : `“${event.name}”`;
  const kind = (event.event_type ?? "track") === "track" ? "" : `${event.event_type} `;
  const where = (event.where ?? [])
    .map((one) => `${one.property} ${conditionWords(one.condition)}`)
    .join(" and ");
  return `${kind}${name}${where === "" ? "" : ` where ${where}`}`;
}

function identifierWords(kind: string, least: number): string {
  return least === 1
    ? `there is at least 1 identifier of kind ${kind}`
    : `there are at least ${least} identifiers of kind ${kind}`;
}

function rfmWords(node: RfmNode): string {
  const bounds = { recency: node.recency, frequency: node.frequency, monetary: node.monetary };
  const said = Object.entries(bounds).flatMap(([name, bound]) =>
    bound ? [`${name} ${bound[0]} to ${bound[1]}`] : [],
  );
  if (node.segments?.length) said.push(`segment ${listed(node.segments)}`);
  return `RFM: ${said.length ? said.join(", ") : "any scores"}`;
}

function eventWords(node: EventNode): string {
  const measure = node.measure ?? "count";
  const event = filterWords(node.event);
  const window = node.window ? ` in the last ${node.window}` : "";
  const condition = conditionWords(node.condition ?? { op: "at_least", value: 1 });
  if (measure === "count") return `the number of ${event}${window} ${condition}`;
  const what = node.property ? `${node.property} of ${event}` : event;
  return `${MEASURES[measure]} ${what}${window} ${condition}`;
}

function sequenceWords(node: SequenceNode): string {
  const said = node.steps.map((step, index) =>
    index === 0 ? filterWords(step.event) : stepWords(step),
  );
  const window = node.window ? `, in the last ${node.window}` : "";
  return said.join(" then ") + window;
}

function stepWords(step: Step): string {
  const within = step.within ? ` within ${step.within}` : "";
  const blockers = (step.without ?? []).map((event) => filterWords(event));
  const without = blockers.length ? `, without ${blockers.join(" or ")} in between` : "";
  return `${step.absent ? "no " : ""}${filterWords(step.event)}${within}${without}`;
}

function listed(values: readonly unknown[]): string {
  return values.map((value) => valueWords(value)).join(", ");
}

function valueWords(value: unknown): string {
  return typeof value === "string" ? `“${value}”` : String(value as Scalar);
}
