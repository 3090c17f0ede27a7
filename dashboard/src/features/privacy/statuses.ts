// How far a request is, by what was asked for: what each status is called, looks like and means.
import type { Schemas } from "@/api/schemas";
import type { IconName } from "@/ui/Icon";

/** What somebody asked for. */
export type Kind = Schemas["RequestKind"];
/** How far it is. */
export type RequestStatus = Schemas["RequestStatus"];

interface Look {
  readonly icon: IconName;
  readonly colour: string;
  readonly means: string;
}

export const KINDS = {
  erasure: "erasure",
  access: "access",
  restriction: "restriction",
  release: "release",
  objection: "objection",
  retention: "retention",
} satisfies Record<Kind, string>;

const NOT_SENT: Look = {
  icon: "square",
  colour: "text-unhealthy",
  means: "The event log did not confirm the command. Send it again.",
};
const WAITING: Look = {
  icon: "ring",
  colour: "text-quiet",
  means:
    "The log has the command, the engine has not processed it. If it stays like this, look at the" +
    " lag and for a dead letter of the command.",
};
/** Of what a person states: done once the engine has taken it in. */
const STATED = {
  not_sent: NOT_SENT,
  requested: WAITING,
  processing: null,
  completed: {
    icon: "check",
    colour: "text-healthy",
    means: "It is in force. Platforms that had the person are told at once and confirm later.",
  },
  ready: null,
  expired: null,
  failed: null,
} satisfies Record<RequestStatus, Look | null>;
const ERASING = {
  not_sent: NOT_SENT,
  requested: WAITING,
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
  ready: null,
  expired: null,
  failed: null,
} satisfies Record<RequestStatus, Look | null>;

/** Null: no request of the kind ever has the status. */
export const LOOKS = {
  erasure: ERASING,
  retention: ERASING,
  restriction: STATED,
  release: STATED,
  objection: STATED,
  access: {
    not_sent: null,
    requested: {
      icon: "ring",
      colour: "text-quiet",
      means:
        "The archive waits for its writer: one is written at a time. If it stays like this, look" +
        " whether upkeep runs.",
    },
    processing: {
      icon: "sync",
      colour: "text-degraded",
      means: "The archive is being written. The rows so far are below.",
    },
    completed: {
      icon: "check",
      colour: "text-healthy",
      means: "Nothing is held of the identifiers that were asked about.",
    },
    ready: {
      icon: "check",
      colour: "text-healthy",
      means: "The archive is written and can be downloaded until it is deleted.",
    },
    expired: {
      icon: "cross",
      colour: "text-quiet",
      means: "The archive was written, and its file is gone.",
    },
    failed: {
      icon: "square",
      colour: "text-unhealthy",
      means: "There is no archive.",
    },
  },
} satisfies Record<Kind, Record<RequestStatus, Look | null>>;

const UNKNOWN: Look = { icon: "ring", colour: "text-unknown", means: "" };
/** What a newer API may say stands in none of these tables. */
type Known = Partial<Record<string, Partial<Record<string, Look | null>>>>;

/** How a status looks and what it means; one that nobody knows is never "done". */
export function lookOf(kind: string, status: string): Look {
  return (LOOKS as Known)[kind]?.[status] ?? UNKNOWN;
}

/** The statuses that can be filtered by, in their order. */
export const STATUSES = Object.keys(LOOKS.erasure) as RequestStatus[];

/** Those that a request of a kind may have. */
export function statusesOf(kind: Kind | undefined): RequestStatus[] {
  return kind === undefined ? STATUSES : STATUSES.filter((status) => LOOKS[kind][status] !== null);
}

const UNDER_WAY: readonly string[] = ["not_sent", "requested", "processing"];

/** Whether something still happens to a request, so that whoever looks wants to see it. */
export function isUnderWay(status: string): boolean {
  return UNDER_WAY.includes(status);
}
