// Words of the register: kinds, statuses, steps, outcomes; what is not known is shown as it is.
import type { Schemas } from "@/api/schemas";
import type { IconName } from "@/ui/Icon";

type Request = Schemas["RequestView"];

/** Days before the end in which on-call is told that a request is due. */
const SOON_DAYS = 5;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;

/** A name of the API as words: "list_deleted" → "list deleted". */
export function plain(name: string): string {
  return name.replaceAll("_", " ");
}

/** What somebody asked for; a request that does not say it is an erasure. */
export function kindOf(request: object): string {
  const kind = "kind" in request ? request.kind : undefined;
  return typeof kind === "string" ? plain(kind) : "erasure";
}

/** The statuses that can be filtered by, in their order. */
export const STATUSES = ["not_sent", "requested", "processing", "completed"] as const;

interface Look {
  readonly icon: IconName;
  readonly colour: string;
  readonly means: string;
}
const LOOKS: Readonly<Record<string, Look>> = {
  not_sent: {
    icon: "square",
    colour: "text-unhealthy",
    means: "The event log did not confirm the command. Send it again.",
  },
  requested: {
    icon: "ring",
    colour: "text-quiet",
    means:
      "The log has the command, the engine has not processed it. If it stays like this, look at" +
      " the lag and for a dead letter of an erase command.",
  },
  processing: {
    icon: "sync",
    colour: "text-degraded",
    means: "The person is removed. The steps below are followed to their end.",
  },
  completed: {
    icon: "check",
    colour: "text-healthy",
    means: "Every step is done, every platform has confirmed. Take the receipt and keep it.",
  },
};
const UNKNOWN: Look = { icon: "ring", colour: "text-unknown", means: "" };

/** How a status looks and what it means; one that nobody knows is never "done". */
export function lookOf(status: string): Look {
  return LOOKS[status] ?? UNKNOWN;
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

const STEPS: Readonly<Record<string, string>> = {
  neighbours: "Other people's events no longer name the erased identifiers",
  dead_letters: "Dead letters that name them are gone",
  cache: "The profile cache holds nothing of them",
  exports: "No file of an export holds them",
  log: "The log holds no record of them that could still be removed",
  platforms: "Every platform that had them has confirmed that they are off its list",
  sent: "What was sent of them is no longer stored, nor their changes of segments",
};

/** When a step is done, in words. */
export function stepWords(step: string): string {
  return STEPS[step] ?? plain(step);
}

const OUTCOMES: Readonly<Record<string, string>> = {
  removed: "it confirmed the removal",
  list_deleted: "the list itself was deleted there",
  left_before: "removed before the erasure",
};

/** How a platform's list lost the person. */
export function outcomeWords(outcome: string | null): string {
  return outcome === null ? "waits for the platform" : (OUTCOMES[outcome] ?? plain(outcome));
}

/** Counts by name, in words; nothing where all are zero. */
export function countWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count.toLocaleString("en-GB")} ${plain(name)}`)
    .join(", ");
}

/** Whether what was typed is the masked identifier; three dots do for the ellipsis. */
export function isTyped(typed: string, masked: string): boolean {
  return typed.trim().replaceAll("...", "…") === masked;
}

/** Whether a place of the data map has all words of a filter. */
export function hasWords(place: Schemas["PlaceView"], filter: string): boolean {
  const text = Object.values(place).flat().join(" ").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The range of the audit page that has the entries of a request. */
export function auditRange(request: Pick<Request, "requested_at" | "completed_at">): {
  since: string;
  until: string;
} {
  const until = request.completed_at ?? request.requested_at;
  const spareMs = request.completed_at === null ? YEAR_MS : MINUTE_MS;
  return {
    since: new Date(Date.parse(request.requested_at) - MINUTE_MS).toISOString(),
    until: new Date(Date.parse(until) + spareMs).toISOString(),
  };
}
