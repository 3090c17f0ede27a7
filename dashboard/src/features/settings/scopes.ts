// What each scope of an API key lets its holder do.
import type { Schemas } from "@/api/schemas";

/** A scope of an API key. */
export type Scope = Schemas["KeyRequest"]["scopes"][number];

export const SCOPES: Record<Scope, string> = {
  read: "see everything, people included",
  write: "change segments, audiences, traits; retry, export",
  gate: "release, override and confirm what the gate holds",
  admin: "make and revoke keys, take people apart",
};
export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];
