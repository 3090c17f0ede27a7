// What a rule can speak of in this workspace, as the page that shows the editor has found out.
import type { ValueKind } from "@/rule/operators";
import type { EventFilter, EventType } from "@/rule/types";
import type { Starts } from "@/rule/convert";

/** A name, and what its values are. */
export interface Known {
  readonly name: string;
  readonly kind: ValueKind;
}

/** What conditions on events can speak of. Empty lists are fine: names can always be typed. */
export interface EventCatalogue {
  readonly events: readonly { readonly type: EventType; readonly name: string }[];
  /** Properties of the events that a filter lets through. */
  readonly properties: (event: EventFilter) => readonly Known[];
  /** Of the workspace: instants without a zone are in it. */
  readonly timeZone: string;
  /** What new conditions start from. */
  readonly starts: Starts;
}

/** The same of whole rules. */
export interface Catalogue extends EventCatalogue {
  readonly traits: readonly Known[];
  /** Live computed traits. */
  readonly computed: readonly Known[];
  readonly purposes: readonly string[];
  readonly identifiers: readonly string[];
  /** Live and paused segments, without the one that is edited and those that refer to it. */
  readonly segments: readonly { readonly id: number; readonly name: string }[];
  /** There are more segments than these. */
  readonly isCut: boolean;
}

/** The kind of a name's values; `unknown` where nobody has seen it. */
export function kindOf(known: readonly Known[], name: string): ValueKind {
  return known.find((one) => one.name === name)?.kind ?? "unknown";
}

/** JSON types as `GET /cdp/catalogue/properties` counts them: what most values are. */
export function kindOfTypes(types: Readonly<Record<string, number>>): ValueKind {
  const [most] = Object.entries(types).toSorted(([, one], [, other]) => other - one);
  switch (most?.[0]) {
    case "string":
      return "text";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "list":
      return "list";
    default:
      return "unknown";
  }
}
