// Random rules, and changes of them, for the tests' laws: every node, operator and measure.
import { EVENT_TYPES, MEASURES, NODES, OPERATOR_FIELDS, RFM_SEGMENTS, STAGES } from "./language";
import type { Path } from "./path";
import { placed } from "./path";
import type { Random } from "./random";
import type { Action } from "./reducer";
import type { Condition, EventFilter, Measure, NodeType, Op, Rule, Scalar, Step } from "./types";

const NAMES = ["plan", "a b", "“x”", "", "__proto__", "1", "🛒", "$&", "{value}"];
const SCALARS: readonly Scalar[] = [...NAMES, 0, 1, -0, 2.5, -1e-7, 1e16, true, false];
const NUMBERS = [0, 1, -3, 2.5, 1e16, 5e-324];
const SPANS = ["1s", "30m", "4h", "7d", "52w", "soon"];
const TYPES = Object.keys(NODES) as NodeType[];
const OPS = Object.keys(OPERATOR_FIELDS) as Op[];

export function drawnRule(random: Random, depth = 4): Rule {
  const type = random.pick(TYPES);
  const deeper = (): Rule => drawnRule(random, depth - 1);
  const maybe = <Key extends string, Value>(key: Key, value: Value): Partial<Record<Key, Value>> =>
    random.next() < 0.5 ? ({ [key]: value } as Record<Key, Value>) : {};
  switch (type) {
    case "all":
    case "any":
      return { type, of: depth === 0 ? [] : many(random, 4, deeper) };
    case "not":
      return depth === 0 ? { type: "all", of: [] } : { type, of: deeper() };
    case "trait":
    case "computed":
      return { type, name: random.pick(NAMES), condition: drawnCondition(random) };
    case "lifecycle":
      return { type, stages: STAGES.filter(() => random.next() < 0.5) };
    case "rfm":
      return {
        type,
        ...maybe("recency", random.pick([null, [1, 2]] as const) as [number, number] | null),
        ...maybe("monetary", [4, 5] as [number, number]),
        ...maybe("segments", [random.pick(RFM_SEGMENTS)]),
      };
    case "consent":
      return { type, purpose: random.pick(NAMES), ...maybe("granted", random.next() < 0.5) };
    case "identifier":
      return { type, kind: random.pick(NAMES), ...maybe("at_least", 1 + random.below(9)) };
    case "segment":
      return { type, segment: random.below(9) };
    case "event":
      return {
        type,
        event: drawnFilter(random),
        ...maybe("measure", random.pick(Object.keys(MEASURES) as Measure[])),
        ...maybe("property", random.pick([null, ...NAMES])),
        ...maybe("window", random.pick([null, ...SPANS])),
        ...maybe("condition", drawnCondition(random)),
      };
    case "sequence":
      return {
        type,
        steps: many(random, 4, () => drawnStep(random)),
        ...maybe("window", random.pick([null, ...SPANS])),
      };
  }
}

export function drawnCondition(random: Random): Condition {
  const op = random.pick(OPS);
  const made: Record<string, unknown> = { op };
  for (const [name, { kind }] of Object.entries(OPERATOR_FIELDS[op])) {
    if (kind === "list of scalar") made[name] = many(random, 4, () => random.pick(SCALARS));
    else if (kind === "scalar") made[name] = random.pick(SCALARS);
    else if (kind === "number") made[name] = random.pick(NUMBERS);
    else made[name] = random.pick(kind === "span" ? SPANS : NAMES);
  }
  return made as Condition;
}

function drawnFilter(random: Random): EventFilter {
  const filter: EventFilter = { name: random.pick([null, ...NAMES]) };
  if (random.next() < 0.3) filter.event_type = random.pick(EVENT_TYPES);
  if (random.next() < 0.3) {
    filter.where = many(random, 3, () => ({
      property: random.pick(NAMES),
      condition: drawnCondition(random),
    }));
  }
  return filter;
}

function drawnStep(random: Random): Step {
  const step: Step = { event: drawnFilter(random) };
  if (random.next() < 0.4) step.within = random.pick([null, ...SPANS]);
  if (random.next() < 0.3) step.without = many(random, 3, () => drawnFilter(random));
  if (random.next() < 0.3) step.absent = random.next() < 0.5;
  return step;
}

/** A change of a rule, sometimes of a place that it does not have. */
export function drawnAction(random: Random, rule: Rule): Action {
  const paths = placed(rule).map(({ path }) => path);
  const path = (): Path =>
    random.pick([...paths, ["of", 7], ["of", 0, "of", 0, "of", 1], ["name"]]);
  const spot = (): { group: Path; index: number } => ({ group: path(), index: random.below(5) });
  return random.pick<() => Action>([
    () => ({ type: "put", path: path(), node: drawnRule(random, 1) }),
    () => ({ type: "insert", spot: spot(), node: drawnRule(random, 1) }),
    () => ({ type: "wrap", path: path(), group: random.pick(["all", "any"]) }),
    () => ({ type: random.pick(["unwrap", "remove", "toggleNot"]), path: path() }),
    () => ({ type: "move", path: path(), to: spot() }),
    () => ({ type: "shift", path: path(), by: random.pick([-1, 1]) }),
    () => ({ type: "text", text: random.pick([JSON.stringify(drawnRule(random, 2)), "{", "[]"]) }),
  ])();
}

function many<Item>(random: Random, limit: number, draw: () => Item): Item[] {
  return Array.from({ length: random.below(limit) }, draw);
}
