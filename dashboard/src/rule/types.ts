// The rule language as types: what the API's `Rule` is. `language.ts` has the same as a table.

/** A text, a number or a boolean. `1` is not `"1"`. */
export type Scalar = string | number | boolean;
/** A whole number and a unit, like `30m`. */
export type Span = string;
/** An ISO 8601 text. */
export type Instant = string;

export type Condition =
  | { op: "equals" | "not_equals" | "contains" | "not_contains"; value: Scalar }
  | { op: "in" | "not_in"; values: Scalar[] }
  | { op: "starts_with" | "ends_with"; value: string }
  | { op: "exists" | "not_exists" }
  | { op: "less_than" | "at_most" | "greater_than" | "at_least"; value: number }
  | { op: "between"; low: number; high: number }
  | { op: "before" | "after"; instant: Instant }
  | { op: "within_last" | "within_next"; span: Span };
export type Op = Condition["op"];

export type EventType = "track" | "page" | "screen" | "identify" | "group" | "alias";
export type Measure =
  | "count"
  | "sum"
  | "average"
  | "minimum"
  | "maximum"
  | "unique"
  | "first_at"
  | "last_at";
export type Stage = "anonymous" | "known" | "customer" | "churned";
/** Lowest and highest score. */
export type Scores = [number, number];

export type Where = { property: string; condition: Condition };
export type EventFilter = { name: string | null; event_type?: EventType; where?: Where[] };
export type Step = {
  event: EventFilter;
  within?: Span | null;
  without?: EventFilter[];
  absent?: boolean;
};

export type AllNode = { type: "all"; of: Rule[] };
export type AnyNode = { type: "any"; of: Rule[] };
export type NotNode = { type: "not"; of: Rule };
export type TraitNode = { type: "trait"; name: string; condition: Condition };
export type ComputedNode = { type: "computed"; name: string; condition: Condition };
export type LifecycleNode = { type: "lifecycle"; stages: Stage[] };
export type RfmNode = {
  type: "rfm";
  recency?: Scores | null;
  frequency?: Scores | null;
  monetary?: Scores | null;
  segments?: string[];
};
export type ConsentNode = { type: "consent"; purpose: string; granted?: boolean };
export type IdentifierNode = { type: "identifier"; kind: string; at_least?: number };
export type SegmentNode = { type: "segment"; segment: number };
export type EventNode = {
  type: "event";
  event: EventFilter;
  measure?: Measure;
  property?: string | null;
  window?: Span | null;
  condition?: Condition;
};
export type SequenceNode = { type: "sequence"; steps: Step[]; window?: Span | null };

export type GroupNode = AllNode | AnyNode;
export type LeafNode =
  | TraitNode
  | ComputedNode
  | LifecycleNode
  | RfmNode
  | ConsentNode
  | IdentifierNode
  | SegmentNode
  | EventNode
  | SequenceNode;
/** Whom a segment means: a tree of nodes. */
export type Rule = GroupNode | NotNode | LeafNode;
export type NodeType = Rule["type"];

/** The node of a type. */
export type NodeOf<Type extends NodeType> = Extract<Rule, { type: Type }>;
