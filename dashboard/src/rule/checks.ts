// Checks that make typing pleasant, before the API answers. Each is one that the API makes, too,
// and what only the API knows – bounds, references – is left to it.
import { isGroup } from "./edit";
import { MEASURES } from "./language";
import { offeredOps } from "./operators";
import { type Path, placed } from "./path";
import { NO_SEGMENT } from "./phrases";
import { readSpan } from "./spans";
import type { Condition, EventFilter, EventNode, Rule, SequenceNode } from "./types";

/** What is not finished yet, and where. */
export type Check = { path: Path; message: string };

/** Everything about a rule that cannot hold, whatever the workspace. */
export function checksOf(rule: Rule): Check[] {
  return placed(rule).flatMap(({ path, node }) =>
    isGroup(node) || node.type === "not" ? [] : nodeChecks(path, node),
  );
}

function nodeChecks(path: Path, node: Rule): Check[] {
  switch (node.type) {
    case "trait":
    case "computed":
      return [
        ...filled([...path, "name"], node.name, "Choose a trait."),
        ...conditionChecks([...path, "condition"], node.condition),
      ];
    case "lifecycle":
      return filled([...path, "stages"], node.stages, "Choose at least one stage.");
    case "rfm": {
      const isBound = node.recency ?? node.frequency ?? node.monetary ?? null;
      const isNamed = node.segments?.length;
      const message = "Choose scores or segments.";
      return isBound === null && !isNamed ? [{ path, message }] : [];
    }
    case "consent":
      return filled([...path, "purpose"], node.purpose, "Choose a purpose.");
    case "identifier":
      return filled([...path, "kind"], node.kind, "Choose a kind of identifier.");
    case "segment":
      return node.segment <= NO_SEGMENT
        ? [{ path: [...path, "segment"], message: "Choose a segment." }]
        : [];
    case "event":
      return eventChecks(path, node);
    case "sequence":
      return sequenceChecks(path, node);
    default:
      return [];
  }
}

function eventChecks(path: Path, node: EventNode): Check[] {
  const { measure = "count", condition } = node;
  const found = filterChecks([...path, "event"], node.event);
  const property = [...path, "property"];
  if (MEASURES[measure].property && (node.property ?? "") === "") {
    found.push({ path: property, message: "Choose the property that is measured." });
  } else if (!MEASURES[measure].property && typeof node.property === "string") {
    found.push({ path: property, message: `${measure} takes no property.` });
  }
  found.push(...spanChecks([...path, "window"], node.window));
  const at = [...path, "condition"];
  const op = condition?.op ?? "at_least";
  if (!offeredOps({ of: "measure", measure }).includes(op)) {
    found.push({ path: [...at, "op"], message: `${measure} cannot be asked this.` });
  }
  return condition === undefined ? found : [...found, ...conditionChecks(at, condition)];
}

function sequenceChecks(path: Path, node: SequenceNode): Check[] {
  const found = spanChecks([...path, "window"], node.window);
  for (const [index, step] of node.steps.entries()) {
    const at = [...path, "steps", index];
    const last = index === node.steps.length - 1;
    found.push(...filterChecks([...at, "event"], step.event));
    found.push(...spanChecks([...at, "within"], step.within));
    for (const [number, event] of (step.without ?? []).entries()) {
      found.push(...filterChecks([...at, "without", number], event));
    }
    if (index > 0 && step.absent && !last) {
      found.push({ path: [...at, "absent"], message: "Only the last step can be absent." });
    }
    if (index > 0 && step.absent && (step.within ?? null) === null) {
      found.push({ path: [...at, "within"], message: "Say how long to wait for it." });
    }
  }
  return found;
}

function filterChecks(path: Path, event: EventFilter): Check[] {
  return (event.where ?? []).flatMap((where, index) => {
    const at = [...path, "where", index];
    return [
      ...filled([...at, "property"], where.property, "Choose a property."),
      ...conditionChecks([...at, "condition"], where.condition),
    ];
  });
}

function conditionChecks(path: Path, condition: Condition): Check[] {
  if (condition.op === "between" && condition.low > condition.high) {
    return [{ path: [...path, "high"], message: "The second number is below the first." }];
  }
  if ("values" in condition) {
    return filled([...path, "values"], condition.values, "Give at least one value.");
  }
  return "span" in condition ? spanChecks([...path, "span"], condition.span) : [];
}

function spanChecks(path: Path, span: string | null | undefined): Check[] {
  const isSpan = span === null || span === undefined || readSpan(span) !== null;
  return isSpan ? [] : [{ path, message: "A whole number and a unit are needed here." }];
}

function filled(path: Path, value: string | readonly unknown[], message: string): Check[] {
  return value.length === 0 ? [{ path, message }] : [];
}
