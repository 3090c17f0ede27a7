// The cache of what was read, and when a failed reading is tried again.
import { QueryClient, type Query } from "@tanstack/react-query";
import { asProblem } from "@/lib/problem";

const TRIES = 2;
/** In the key of pages that news leave as they are. */
export const KEPT = "kept pages";

/** The page's query cache: 4xx is final, 503 waits as it was told, anything else is tried twice more. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, error) => {
          const problem = asProblem(error);
          if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) return false;
          return count < TRIES;
        },
        retryDelay: (count, error) => {
          const told = asProblem(error).retryAfterS;
          return told === null ? 1_000 * 2 ** count : told * 1_000;
        },
        staleTime: 10_000, // another part of the page that shows it reads nothing again
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}

/** Whether a path is one of these, or below one. */
export function isBelow(stale: readonly string[], path: string): boolean {
  return stale.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

/**
 * Listings that news tell of, whose new rows come at their head, and of whose older rows nothing
 * that they show changes: what lies below a row that is known is known.
 *
 * A decision gets its push and its alerts later: its own page shows them, no listing does. Old
 * readings are thinned: those that are known stay until all pages are read again.
 */
export const CHANGES_AT_HEAD: readonly string[] = [
  "/cdp/decisions",
  "/cdp/signals/{signal}/readings",
];

/** Whether it is enough to read a listing's head where news tell of it. */
export function changesAtHead(path: string): boolean {
  return CHANGES_AT_HEAD.includes(path);
}

/** Whether a query was read from one of these paths, or below one; but for some paths. */
export function readFrom(stale: readonly string[], except: readonly string[] = []) {
  return ({ queryKey: [method, path, , form] }: Pick<Query, "queryKey">) =>
    // Questions that are posted are expensive: they stay until somebody asks again.
    method === "get" &&
    form !== KEPT &&
    typeof path === "string" &&
    !except.includes(path) &&
    isBelow(stale, path);
}

/** Read again whatever was read from these paths or below them. */
export function refresh(queries: QueryClient, stale: readonly string[]): Promise<void> {
  return queries.invalidateQueries({ predicate: readFrom(stale) });
}
