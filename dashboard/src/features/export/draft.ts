// An export that is being put together, and the request that is made of it.
import type { Schemas } from "@/api/schemas";
import { oneLine } from "@/lib/oneLine";

type Request = Schemas["ExportRequest"];

/** Forms of identifiers. */
export const FORMS = ["raw", "meta", "google", "tiktok", "snapchat", "none"] as const;
export const FORMATS = ["csv", "json", "ndjson", "parquet"] as const;

/** What the fields of the form hold. */
export interface Draft {
  readonly who: "segment" | "rule";
  readonly segment: string;
  /** JSON. */
  readonly rule: string;
  readonly format: (typeof FORMATS)[number];
  readonly purpose: string;
  readonly reason: string;
  readonly form: (typeof FORMS)[number];
  /** Lists, one name a line; empty for none. */
  readonly kinds: string;
  readonly allTraits: boolean;
  readonly traits: string;
  readonly computed: readonly string[];
  readonly events: string;
  readonly lastEvents: string;
  readonly hasRevenue: boolean;
}

/** The draft that a form begins with. */
export function draftOf(segment: string | undefined): Draft {
  return {
    who: "segment",
    segment: segment ?? "",
    rule: "",
    format: "csv",
    purpose: "",
    reason: "",
    form: "raw",
    kinds: "",
    allTraits: true,
    traits: "",
    computed: [],
    events: "",
    lastEvents: "",
    hasRevenue: false,
  };
}

/** Whether identifiers are spelled as a platform wants them: then nothing else is told. */
export function isPlatform(draft: Draft): boolean {
  return draft.form !== "raw" && draft.form !== "none";
}

/** The names of a list, one a line; empty lines and repeated names say nothing. */
export function namesOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()))].filter((name) => name !== "");
}

/** The JSON of a rule; an error says why it is none. */
export function ruleOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError("The rule is not valid JSON.", { cause: error });
  }
}

/** The request of a draft. Throws a `SyntaxError` where its rule is no JSON. */
export function requestOf(draft: Draft): Request {
  const kinds = namesOf(draft.kinds);
  const who =
    draft.who === "segment"
      ? { segment_id: Number(draft.segment) }
      : { rule: ruleOf(draft.rule) as NonNullable<Request["rule"]> };
  const purpose = draft.purpose.trim();
  const common = {
    ...who,
    format: draft.format,
    guard_formulas: true,
    identifiers: draft.form === "none" ? false : draft.form,
    ...(kinds.length === 0 || draft.form === "none" ? {} : { identifier_kinds: kinds }),
    ...(purpose === "" ? {} : { purpose }),
    reason: oneLine(draft.reason),
    types: {},
    revenue: false,
    events: false,
    last_events: [],
    computed: [],
  } satisfies Request;
  if (isPlatform(draft)) return common;
  return {
    ...common,
    traits: draft.allTraits ? null : namesOf(draft.traits),
    computed: [...draft.computed],
    events: namesOf(draft.events),
    last_events: namesOf(draft.lastEvents),
    revenue: draft.hasRevenue,
  };
}
