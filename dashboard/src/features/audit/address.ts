// What stands in the address of the audit page.
import { textOf } from "@/lib/url";

/** The search parameters of the page. */
export interface AuditSearch {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly range?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readAuditSearch(search: Record<string, unknown>): AuditSearch {
  return {
    actor: textOf(search, "actor"),
    action: textOf(search, "action"),
    subject: textOf(search, "subject"),
    range: textOf(search, "range"),
    since: textOf(search, "since"),
    until: textOf(search, "until"),
  };
}
