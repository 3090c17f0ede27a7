// The rule language as tables: fields of each node, part and operator. A test compares them with
// the API's own (golden.json), and the compiler compares them with `types.ts`.
import type { Condition, EventFilter, EventType, Measure, NodeOf, NodeType } from "./types";
import type { Op, Stage, Step, Where } from "./types";

export type FieldKind =
  | "text"
  | "name"
  | "number"
  | "scalar"
  | "span"
  | "instant"
  | "boolean"
  | "whole"
  | "2 of whole"
  | "stage"
  | "measure"
  | "event type"
  | "rule"
  | "condition"
  | "filter"
  | "where"
  | "step";

/** One field: what it holds, whether null may stand there, and what holds where it is left out. */
export type Field = {
  kind: FieldKind | `list of ${FieldKind}`;
  nullable?: true;
  default?: unknown;
};

type Keys<Union> = Union extends unknown ? keyof Union : never;
type Fields<Part, Tag = never> = Record<Exclude<Keys<Part>, Tag>, Field>;
type Nodes = { [Type in NodeType]: Fields<NodeOf<Type>, "type"> };
type FieldsOf<Name extends Op> = Fields<Extract<Condition, { op: Name }>, "op">;

const MAYBE_SPAN = { kind: "span", nullable: true, default: null } as const;
const MAYBE_SCORES = { kind: "2 of whole", nullable: true, default: null } as const;
const TESTED = { name: { kind: "name" }, condition: { kind: "condition" } } as const;

export const NODES: Nodes = {
  all: { of: { kind: "list of rule" } },
  any: { of: { kind: "list of rule" } },
  not: { of: { kind: "rule" } },
  trait: TESTED,
  computed: TESTED,
  lifecycle: { stages: { kind: "list of stage" } },
  rfm: {
    recency: MAYBE_SCORES,
    frequency: MAYBE_SCORES,
    monetary: MAYBE_SCORES,
    segments: { kind: "list of name", default: [] },
  },
  consent: { purpose: { kind: "name" }, granted: { kind: "boolean", default: true } },
  identifier: { kind: { kind: "name" }, at_least: { kind: "whole", default: 1 } },
  segment: { segment: { kind: "whole" } },
  event: {
    event: { kind: "filter" },
    measure: { kind: "measure", default: "count" },
    property: { kind: "name", nullable: true, default: null },
    window: MAYBE_SPAN,
    condition: { kind: "condition", default: { op: "at_least", value: 1 } },
  },
  sequence: { steps: { kind: "list of step" }, window: MAYBE_SPAN },
};

export const PARTS: {
  filter: Fields<EventFilter>;
  where: Fields<Where>;
  step: Fields<Step>;
} = {
  filter: {
    name: { kind: "text", nullable: true },
    event_type: { kind: "event type", default: "track" },
    where: { kind: "list of where", default: [] },
  },
  where: { property: { kind: "name" }, condition: { kind: "condition" } },
  step: {
    event: { kind: "filter" },
    within: MAYBE_SPAN,
    without: { kind: "list of filter", default: [] },
    absent: { kind: "boolean", default: false },
  },
};

const SCALAR = { value: { kind: "scalar" } } as const;
const SCALARS = { values: { kind: "list of scalar" } } as const;
const TEXT = { value: { kind: "text" } } as const;
const NUMBER = { value: { kind: "number" } } as const;
const INSTANT = { instant: { kind: "instant" } } as const;
const SPAN = { span: { kind: "span" } } as const;

export const OPERATOR_FIELDS: { [Name in Op]: FieldsOf<Name> } = {
  equals: SCALAR,
  not_equals: SCALAR,
  in: SCALARS,
  not_in: SCALARS,
  contains: SCALAR,
  not_contains: SCALAR,
  starts_with: TEXT,
  ends_with: TEXT,
  exists: {},
  not_exists: {},
  less_than: NUMBER,
  at_most: NUMBER,
  greater_than: NUMBER,
  at_least: NUMBER,
  between: { low: { kind: "number" }, high: { kind: "number" } },
  before: INSTANT,
  after: INSTANT,
  within_last: SPAN,
  within_next: SPAN,
};

/** What a measure gives, and whether it is of a property's values. */
export const MEASURES: Record<Measure, { property: boolean; kind: "number" | "instant" }> = {
  count: { property: false, kind: "number" },
  sum: { property: true, kind: "number" },
  average: { property: true, kind: "number" },
  minimum: { property: true, kind: "number" },
  maximum: { property: true, kind: "number" },
  unique: { property: true, kind: "number" },
  first_at: { property: false, kind: "instant" },
  last_at: { property: false, kind: "instant" },
};

export const EVENT_TYPES: readonly EventType[] = [
  "track",
  "page",
  "screen",
  "identify",
  "group",
  "alias",
];

export const STAGES: readonly Stage[] = ["anonymous", "known", "customer", "churned"];

/** Named RFM segments, from the best customers down. */
export const RFM_SEGMENTS: readonly string[] = [
  "champions",
  "loyal_customers",
  "potential_loyalists",
  "recent_customers",
  "promising",
  "needing_attention",
  "about_to_sleep",
  "at_risk",
  "cannot_lose_them",
  "hibernating",
  "lost",
];

/** Whether a text is a key of a table, and not of what every object inherits. */
export function isIn<Table extends object>(table: Table, key: unknown): key is keyof Table {
  return typeof key === "string" && Object.hasOwn(table, key);
}
