// What stands in the addresses of the profile pages.
import { oneOf, textOf, UUID, wholeOf } from "@/lib/url";

export const TABS = {
  summary: "Summary",
  traits: "Traits",
  events: "Events",
  segments: "Segments",
  consent: "Consent",
  audiences: "Audiences",
  identity: "Identity",
  changes: "Changes",
} as const;
/** A tab of a person. */
export type ProfileTab = keyof typeof TABS;
export const STAGES = ["anonymous", "known", "customer", "churned"] as const;
export const SORTS = ["last_seen", "first_seen"] as const;
/** Spans within which somebody was seen, in days. */
export const SEEN = { "1d": 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365 } as const;
export const CHANGES = {
  event: "events",
  merge: "merges and splits",
  segment: "segments",
} as const;

/** The search parameters of these pages. */
export interface ProfileSearch {
  /** The beginning of an identifier, or a whole one, as it was typed. */
  readonly search?: string | undefined;
  readonly stage?: (typeof STAGES)[number] | undefined;
  readonly segment?: number | undefined;
  /** A purpose; `<purpose>:refused`, `<purpose>:unstated` for the others. */
  readonly consent?: string | undefined;
  readonly seen?: keyof typeof SEEN | undefined;
  readonly sort?: (typeof SORTS)[number] | undefined;
  /** Id of the person who is open over the list. */
  readonly open?: string | undefined;
  readonly tab?: ProfileTab | undefined;
  /** Events tab: type, name, and the event whose record is shown. */
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly event?: string | undefined;
  /** Segments tab: the segment whose reasons are shown. */
  readonly why?: number | undefined;
  /** Changes tab: what, and between which instants. */
  readonly kind?: keyof typeof CHANGES | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Parameters of what is shown of one person; dropped when another one is opened. */
export const OF_A_PERSON = {
  event: undefined,
  type: undefined,
  name: undefined,
  why: undefined,
  kind: undefined,
  since: undefined,
  until: undefined,
} as const;

/** Read the search parameters; what makes no sense is left out. */
export function readProfileSearch(search: Record<string, unknown>): ProfileSearch {
  return {
    search: textOf(search, "search")?.slice(0, 256),
    stage: oneOf(search, "stage", STAGES),
    segment: wholeOf(search, "segment"),
    consent: textOf(search, "consent"),
    seen: oneOf(search, "seen", Object.keys(SEEN) as (keyof typeof SEEN)[]),
    sort: oneOf(search, "sort", SORTS),
    open: idOf(search, "open"),
    tab: oneOf(search, "tab", Object.keys(TABS) as ProfileTab[]),
    type: textOf(search, "type"),
    name: textOf(search, "name"),
    event: idOf(search, "event"),
    why: wholeOf(search, "why"),
    kind: oneOf(search, "kind", Object.keys(CHANGES) as (keyof typeof CHANGES)[]),
    since: instantOf(search, "since"),
    until: instantOf(search, "until"),
  };
}

function idOf(search: Record<string, unknown>, name: string): string | undefined {
  const value = textOf(search, name);
  return value !== undefined && UUID.test(value) ? value : undefined;
}

function instantOf(search: Record<string, unknown>, name: string): string | undefined {
  const at = Date.parse(textOf(search, name) ?? "");
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
