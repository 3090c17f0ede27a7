// What stands in the address of the funnel page: the whole question, as one parameter.
import { textOf } from "@/lib/url";

/** The search parameters of this page. */
export interface FunnelSearch {
  /** See `question.ts`. */
  readonly question?: string | undefined;
}

/** Read the search parameters; what makes no sense is left out. */
export function readFunnelSearch(search: Record<string, unknown>): FunnelSearch {
  return { question: textOf(search, "question") };
}
