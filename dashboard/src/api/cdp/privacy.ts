// Hooks: erasures, the register of privacy requests, and the data map.
import type { UseQueryResult } from "@tanstack/react-query";
import type { Problem } from "@/lib/problem";
import { api } from "../client";
import { commanding, paging, reading } from "../hooks";
import type { Schemas } from "../schemas";

const STALE = ["/cdp/privacy/requests", "/cdp/audit"];

export const usePrivacyRequests = paging("/cdp/privacy/requests", { refreshS: 10 });
export const usePrivacyRequest = reading("/cdp/privacy/requests/{id}", { refreshS: 3 });
export const usePrivacyStatistics = reading("/cdp/privacy/requests/statistics", { refreshS: 30 });
export const useDataMap = reading("/cdp/privacy/map");
export const useRequestErasure = commanding("post", "/cdp/privacy/erasures", STALE, ["admin"]);
export const useRetryErasure = commanding("post", "/cdp/privacy/requests/{id}/retry", STALE, [
  "admin",
]);
/** What an erasure would remove: a question, though it is posted; never an old answer. */
export const usePreviewErasure = (
  profile: string,
): UseQueryResult<Schemas["ErasurePreview"], Problem> =>
  api.useQuery(
    "post",
    "/cdp/privacy/erasures/preview",
    { body: { profile_id: profile } },
    { gcTime: 0, staleTime: 0, refetchOnWindowFocus: false },
  ) as never;
