// What stands in the addresses of the decisions pages.
import { oneOf, textOf, wholeOf } from "@/lib/url";

export const VERDICTS = ["pass", "hold", "block"] as const;

/** The search parameters of these pages. */
export interface PushSearch {
  readonly verdict?: (typeof VERDICTS)[number] | undefined;
  readonly code?: string | undefined;
  readonly audience?: string | undefined;
  readonly range?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readPushSearch(search: Record<string, unknown>): PushSearch {
  return {
    verdict: oneOf(search, "verdict", VERDICTS),
    code: textOf(search, "code"),
    audience: wholeOf(search, "audience")?.toString(),
    range: textOf(search, "range"),
    since: textOf(search, "since"),
    until: textOf(search, "until"),
  };
}
