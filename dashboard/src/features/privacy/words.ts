// Words of the register: steps, outcomes, why there is no archive; what is not known is shown as it is.
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";

type Request = Schemas["RequestView"];
type Words = Partial<Record<string, string>>;

/** Days before the end from which this page says "due soon"; alerts have a setting of their own. */
const SOON_DAYS = 5;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;

/** A name of the API as words: "list_deleted" → "list deleted". */
export function plain(name: string): string {
  return name.replaceAll("_", " ");
}

/** Whether a request is late, will be soon, or is in time; null once it is completed. */
export function dueOf(
  request: Pick<Request, "overdue" | "due_at" | "completed_at">,
  now: number,
): "overdue" | "soon" | "in time" | null {
  if (request.completed_at !== null) return null;
  if (request.overdue) return "overdue";
  return Date.parse(request.due_at) - now <= SOON_DAYS * DAY_MS ? "soon" : "in time";
}

export const STEPS = {
  neighbours: "Other people's events no longer name the erased identifiers",
  dead_letters: "Dead letters that name them are gone",
  cache: "The profile cache holds nothing of them",
  exports: "No file of an export and no archive of access holds them",
  log: "The log holds no record of them that could still be removed",
  platforms: "Every platform that had them has confirmed that they are off its list",
  sent: "What was sent of them is no longer stored, nor their changes of segments",
} satisfies Record<Schemas["StepView"]["step"], string>;

/** When a step is done, in words. */
export function stepWords(step: string): string {
  return (STEPS as Words)[step] ?? plain(step);
}

export const OUTCOMES = {
  removed: "it confirmed the removal",
  list_deleted: "the list itself was deleted there",
  left_before: "removed before the erasure",
} satisfies Record<Schemas["RecipientOutcome"], string>;

/** How a platform's list lost the person. */
export function outcomeWords(outcome: string | null): string {
  return outcome === null
    ? "waits for the platform"
    : ((OUTCOMES as Words)[outcome] ?? plain(outcome));
}

export const REASONS = {
  kept: "It was kept for as long as archives are, and deleted.",
  erased: "Somebody in it was erased.",
  gone: "Nobody has the identifiers of the request any more.",
  parted: "Several people have the identifiers of the request by now. Ask for each of them.",
  disk: "It could not be written: look whether the folder of exports is there and has room.",
  error: "Something that nobody expected: the log of upkeep has the place.",
  cancelled: "Whoever sent it by OpenDSR took it back.",
  writer_died: "Its writers died, several in a row: look at the memory of upkeep.",
} satisfies Record<Schemas["ArchiveReason"], string>;

/** Why there is no archive, in words. */
export function reasonWords(reason: string): string {
  return (REASONS as Words)[reason] ?? plain(reason);
}

/** Counts by name, in words; nothing where all are zero. */
export function countWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${formatCount(count)} ${plain(name)}`)
    .join(", ");
}

/** Whether what was typed is the masked identifier; three dots do for the ellipsis. */
export function isTyped(typed: string, masked: string): boolean {
  return masked !== "" && typed.trim().replaceAll("...", "…") === masked;
}

/** What the audit log calls a request once it is entered. */
export function subjectOf({
  kind,
  command,
}: Pick<Schemas["RequestDetailView"], "kind" | "command">): string {
  return `${kind === "retention" ? "erasure" : kind}:${command}`;
}

/** The range of the audit page that has the entries of a request; links are made until its end. */
export function auditRange(request: Pick<Request, "requested_at" | "completed_at" | "archive">): {
  since: string;
  until: string;
} {
  const end = request.archive?.expires_at ?? request.completed_at;
  const until =
    end === null ? Date.parse(request.requested_at) + YEAR_MS : Date.parse(end) + MINUTE_MS;
  return {
    since: new Date(Date.parse(request.requested_at) - MINUTE_MS).toISOString(),
    until: new Date(until).toISOString(),
  };
}
