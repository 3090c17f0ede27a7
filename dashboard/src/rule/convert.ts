// Changing a condition's operator or an event's measure, keeping what can be kept.
import { asKind } from "./fields";
import { MEASURES, OPERATOR_FIELDS } from "./language";
import { type Asked, offeredOps } from "./operators";
import type { Condition, EventNode, Measure, Op, Scalar } from "./types";

/** What new conditions start from. */
export type Starts = { instant: string; span: string };

/** The condition with another operator; values go along as far as they fit. */
export function withOp(condition: Condition, op: Op, starts: Starts): Condition {
  if (condition.op === op) return condition;
  const values = valuesOf(condition);
  const [first = "", second] = values;
  const made: Record<string, unknown> = { op };
  for (const [name, field] of Object.entries(OPERATOR_FIELDS[op])) {
    if (field.kind === "scalar") made[name] = first;
    else if (field.kind === "list of scalar") made[name] = values;
    else if (field.kind === "text") made[name] = String(first);
    else if (field.kind === "number")
      made[name] = numberOf(name === "high" ? (second ?? first) : first);
    else if (field.kind === "instant") made[name] = instantOf(condition) ?? starts.instant;
    else made[name] = spanOf(condition) ?? starts.span;
  }
  return made as Condition;
}

/** The event with another measure: a condition that does not suit it gives way. */
export function withMeasure(node: EventNode, measure: Measure, starts: Starts): EventNode {
  const { property, condition, measure: _, ...rest } = node;
  const made: EventNode = { ...rest, measure };
  if (MEASURES[measure].property) made.property = property ?? "";
  const ops = offeredOps({ of: "measure", measure });
  const [instead = "exists"] =
    MEASURES[measure].kind === "instant" ? ["within_last" as const] : ops;
  const asked = condition ?? { op: "at_least", value: 1 };
  if (!ops.includes(asked.op)) made.condition = withOp(asked, instead, starts);
  else if (condition !== undefined) made.condition = condition;
  return made;
}

/** The condition that a name of this kind of value starts with. */
export function firstCondition(asked: Asked, starts: Starts): Condition {
  const ops = offeredOps(asked);
  const [op = "exists"] = ops;
  if (asked.of === "measure" && MEASURES[asked.measure].kind === "number") {
    return { op: "at_least", value: 1 };
  }
  const kind = asked.of === "measure" ? "instant" : asked.kind;
  if (kind === "boolean") return { op: "equals", value: true };
  return withOp({ op: "exists" }, kind === "instant" ? "within_last" : op, starts);
}

function valuesOf(condition: Condition): Scalar[] {
  if ("values" in condition) return condition.values;
  if ("value" in condition) return [condition.value];
  return "low" in condition ? [condition.low, condition.high] : [];
}

function numberOf(value: Scalar): number {
  return typeof value === "boolean" ? 0 : Number(asKind(value, "number"));
}

function instantOf(condition: Condition): string | null {
  return "instant" in condition ? condition.instant : null;
}

function spanOf(condition: Condition): string | null {
  return "span" in condition ? condition.span : null;
}
