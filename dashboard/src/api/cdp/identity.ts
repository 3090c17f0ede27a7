// Hooks: the identity graph, merges, unmerges, and lifting a ban.
import type { UseQueryResult } from "@tanstack/react-query";
import type { Problem } from "@/lib/problem";
import { api } from "../client";
import { commanding, paging, reading } from "../hooks";
import type { Schemas } from "../schemas";

const PREVIEW = "/cdp/profiles/{id}/unmerge/preview";
type PreviewInit = {
  readonly params: { readonly path: { readonly id: string } };
  readonly body: Schemas["UnmergeRequest"];
};

export const useIdentityGraph = reading("/cdp/profiles/{id}/graph", { refreshS: 30 });
export const useMergeHistory = paging("/cdp/merges", { refreshS: 30 });
export const useProfileMerges = paging("/cdp/profiles/{id}/merges");
export const useConflicts = paging("/cdp/conflicts", { refreshS: 30 });
export const useCommand = reading("/cdp/commands/{id}", { refreshS: 1, topic: "commands" });
export const useUnmerge = commanding(
  "post",
  "/cdp/profiles/{id}/unmerge",
  ["/cdp/profiles", "/cdp/merges"],
  ["admin"],
);
export const useAllowLink = commanding(
  "post",
  "/cdp/links/allow",
  ["/cdp/profiles", "/cdp/merges"],
  ["admin"],
);
/** The people whom an unmerge would leave: a question, though it is posted; never an old answer. */
export const useUnmergePreview = (
  init: PreviewInit,
): UseQueryResult<Schemas["UnmergePreview"], Problem> =>
  api.useQuery("post", PREVIEW, init, { gcTime: 0, staleTime: 0 }) as never;
