// States of exports in words, and how far one is.
import type { Schemas } from "@/api/schemas";

type Export = Schemas["ExportView"];

/** Whether an export is not finished yet. */
export function isUnderWay({ status }: Export): boolean {
  return status === "queued" || status === "running";
}

/** How far an export is, 0–100: people looked at of those that there were. */
export function percentOf({ evaluated, people, status }: Export): number {
  if (status === "done") return 100;
  return people === 0 ? 0 : Math.min(100, (evaluated / people) * 100);
}

/** What each status means. */
export const MEANINGS: Record<Export["status"], string> = {
  queued: "waits for a writer",
  running: "being written",
  done: "ready",
  failed: "failed",
  cancelled: "cancelled before it was written",
  deleted: "its file was deleted",
  expired: "its file was kept long enough",
  revoked: "its file was taken back",
};
