// Hooks: the identity graph, merges, unmerges, and lifting a ban.
import { useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Problem } from "@/lib/problem";
import { actOn } from "../acts";
import { api } from "../client";
import { commanding, paging, reading } from "../hooks";
import { refresh } from "../queries";
import type { Schemas } from "../schemas";

const PREVIEW = "/cdp/profiles/{id}/unmerge/preview";
/** What a command changes, at once in the log and once it is processed in the graph. */
const CHANGED = ["/cdp/profiles", "/cdp/merges"];
type PreviewInit = {
  readonly params: { readonly path: { readonly id: string } };
  readonly body: Schemas["UnmergeRequest"];
};

export const useIdentityGraph = reading("/cdp/profiles/{id}/graph", { refreshS: 30 });
export const useMergeHistory = paging("/cdp/merges", { refreshS: 30 });
export const useProfileMerges = paging("/cdp/profiles/{id}/merges");
export const useConflicts = paging("/cdp/conflicts", { refreshS: 30 });
const useStatus = reading("/cdp/commands/{id}", { refreshS: 1, topic: "commands" });
/** Whether a command has been processed; what it changed is read again as soon as it has. */
export function useCommand(...asked: Parameters<typeof useStatus>): ReturnType<typeof useStatus> {
  const command = useStatus(...asked);
  const queries = useQueryClient();
  const isProcessed = !command.isPlaceholderData && command.data?.status === "processed";
  useEffect(() => {
    if (!isProcessed) return;
    actOn(CHANGED);
    void refresh(queries, CHANGED);
  }, [isProcessed, queries]);
  return command;
}
export const useUnmerge = commanding("post", "/cdp/profiles/{id}/unmerge", CHANGED, ["admin"]);
export const useAllowLink = commanding("post", "/cdp/links/allow", CHANGED, ["admin"]);
/** The people whom an unmerge would leave: a question, though it is posted; never an old answer. */
export const useUnmergePreview = (
  init: PreviewInit,
): UseQueryResult<Schemas["UnmergePreview"], Problem> =>
  api.useQuery("post", PREVIEW, init, { gcTime: 0, staleTime: 0 }) as never;
