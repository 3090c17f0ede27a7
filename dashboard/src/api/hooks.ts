// The three factories that every hook is made of: read one answer, read pages, give a command.
import {
  keepPreviousData,
  replaceEqualDeep,
  useMutation,
  useQueryClient,
  type InfiniteData,
  type Query,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { HttpMethod, PathsWithMethod } from "openapi-typescript-helpers";
import { api, client } from "./client";
import { useLiveTopic, type Topic } from "./live";
import { asProblem, type Problem } from "@/lib/problem";
import { actOn, useActs } from "./acts";
import type { Answer, Arguments, GetPath, Init } from "./asked";
import { withTail } from "./head";
import { changesAtHead, KEPT, refresh } from "./queries";
import type { paths } from "./schema";

export type { Answer } from "./asked";

/** How a hook keeps what it has read fresh. */
export interface Freshness {
  /** Read again after this many seconds, where no live topic says that nothing changed. */
  readonly refreshS?: number;
  /** The live topic that says when to read again. */
  readonly topic?: Topic;
  /** What was read stays as it is: it lies in the past, or somebody else brings what is new. */
  readonly isKept?: boolean;
}
/** What one use of a reading hook may change. */
export interface Use {
  /** False: do not read yet. */
  readonly enabled?: boolean;
}

const LIVE_REFRESH_S = 60;
const OFF_REFRESH_S = 10;

function useInterval({ refreshS, topic }: Freshness): number | false {
  const isLive = useLiveTopic(topic);
  if (topic !== undefined) return (isLive ? (refreshS ?? LIVE_REFRESH_S) : OFF_REFRESH_S) * 1_000;
  return refreshS === undefined ? false : refreshS * 1_000;
}

/** A hook that reads one answer; earlier data stays while other parameters load. */
export function reading<P extends GetPath>(path: P, freshness: Freshness = {}) {
  return (...[init, use]: Arguments<P, Use>): UseQueryResult<Answer<P, "get">, Problem> =>
    api.useQuery(
      "get",
      path,
      init as never,
      {
        enabled: use?.enabled ?? true,
        refetchInterval: useInterval(freshness),
        placeholderData: keepPreviousData,
      } as never,
    ) as never;
}

/** The pages of a listing that were read, and what tells a change of it from what somebody did. */
export type Paged<Page> = UseInfiniteQueryResult<InfiniteData<Page>, Problem> & {
  /** Which question it answers: another filter is another listing. */
  readonly listing: string;
  /** How often somebody here changed what it lists. */
  readonly acts: number;
};

/**
 * A hook that reads the pages of a listing, one after the other, by its cursor.
 *
 * The more pages, the more seldom all are read again: a listing costs the same however long it is.
 */
export function paging<P extends GetPath>(path: P, freshness: Freshness = {}) {
  return (...[init, use]: Arguments<P, Use>): Paged<Answer<P, "get">> => {
    const everyMs = useInterval(freshness);
    const acts = useActs(path);
    const form = freshness.isKept ? KEPT : "pages";
    const pages = api.useInfiniteQuery(
      "get",
      path,
      init as never,
      {
        queryKey: ["get", path, init ?? {}, form],
        pageParamName: "cursor",
        initialPageParam: null,
        getNextPageParam: (page: { next: string | null }) => page.next,
        enabled: use?.enabled ?? true,
        refetchInterval: ({ state }: Query<InfiniteData<unknown>>) =>
          everyMs === false ? false : everyMs * Math.max(1, state.data?.pages.length ?? 1),
        placeholderData: keepPreviousData,
        ...(changesAtHead(path) ? { structuralSharing: shareWithTail } : {}),
        ...(freshness.isKept ? { staleTime: Infinity, refetchOnWindowFocus: false } : {}),
      } as never,
    );
    return { ...pages, listing: JSON.stringify(init ?? {}), acts } as never;
  };
}

type Pages = InfiniteData<{ readonly items: readonly unknown[]; readonly next: string | null }>;

/** What was read again, with the rows below it that were known; what is equal stays the same. */
function shareWithTail(before: Pages | undefined, read: Pages): Pages {
  if (before === undefined) return read;
  return replaceEqualDeep(before, { ...read, pages: [...withTail(before.pages, read.pages)] });
}

/** Several hooks of one operation, which differ in how much they read and how they keep it fresh. */
export function shared<P extends GetPath>(path: P) {
  return {
    reading: (freshness: Freshness = {}) => reading(path, freshness),
    paging: (freshness: Freshness = {}) => paging(path, freshness),
    /** Read one answer when somebody wants it; nothing keeps it. Throws a `Problem`. */
    once: async (init: Init<P, "get">): Promise<Answer<P, "get">> =>
      (await client.GET(path, init as never)).data as never,
  };
}

type Body<P extends keyof paths> = paths[P] extends {
  post: { requestBody?: { content: { "application/json": infer Asked } } };
}
  ? NonNullable<Asked>
  : never;
type Place<P extends keyof paths> =
  Init<P, "post"> extends { params: infer Params } ? Params : never;

/**
 * A hook that asks a question whose words are a body, and that changes nothing.
 *
 * The answer stays until it is asked again: such questions are expensive. One that is not, or whose
 * answer is that of an instant, says after how long it is old: whoever comes then asks it anew, and
 * sees the old answer meanwhile for as long as it is kept. Null: ask nothing yet.
 */
export function asking<P extends PathsWithMethod<paths, "post">>(
  path: P,
  oldAfterMs = Infinity,
  keptMs?: number,
) {
  return (body: Body<P> | null, params?: Place<P>): UseQueryResult<Answer<P, "post">, Problem> =>
    api.useQuery(
      "post",
      path,
      { body, ...(params === undefined ? {} : { params }) } as never,
      {
        enabled: body !== null,
        staleTime: oldAfterMs,
        gcTime: keptMs,
        refetchOnWindowFocus: false,
        placeholderData: keepPreviousData,
      } as never,
    ) as never;
}

/** A scope of an API key, as a command needs it. */
export type Scope = "read" | "write" | "gate" | "admin";

/** A command's mutation, and the scope that its key must have (one of them). */
export type Command<
  P extends keyof paths,
  M extends HttpMethod & keyof paths[P],
> = UseMutationResult<Answer<P, M>, Problem, Init<P, M>> & { readonly scopes: readonly Scope[] };

/**
 * A hook that gives a command; what it makes stale is read again.
 *
 * `stale` lists paths of the API: every reading below one of them is read again. A command is
 * repeated by nobody: whoever gave it decides.
 */
export function commanding<M extends HttpMethod, P extends PathsWithMethod<paths, M>>(
  method: M,
  path: P,
  stale: readonly string[],
  scopes: readonly Scope[] = ["write"],
) {
  return (): Command<P, M & keyof paths[P]> => {
    const queries = useQueryClient();
    const mutation = useMutation({
      mutationKey: [method, path],
      mutationFn: async (init: unknown) => {
        const send = client[method.toUpperCase() as "POST"] as (
          to: unknown,
          how: unknown,
        ) => Promise<{ data?: unknown }>;
        try {
          return (await send(path, init)).data ?? null;
        } catch (error) {
          throw asProblem(error);
        }
      },
      onSuccess: () => {
        actOn(stale);
        return refresh(queries, stale);
      },
    });
    return { ...mutation, scopes } as never;
  };
}
