// Hooks: platforms, audiences, their pushes and exports.
import { asking, commanding, paging, reading } from "../hooks";

const STALE = ["/cdp/audience-sync", "/cdp/pushes", "/cdp/decisions"];
const PLATFORMS = ["/cdp/platforms", "/cdp/audience-sync"];

export const usePlatforms = reading("/cdp/audience-sync/platforms", { refreshS: 60 });
export const useConnections = reading("/cdp/platforms", { refreshS: 30 });
export const useCheckPlatform = commanding("post", "/cdp/platforms/{platform}/check", PLATFORMS);
export const useConnectPlatform = commanding(
  "post",
  "/cdp/platforms/{platform}/connect",
  PLATFORMS,
  ["admin"],
);
export const useDisconnectPlatform = commanding(
  "post",
  "/cdp/platforms/{platform}/disconnect",
  PLATFORMS,
);
export const useAudiences = paging("/cdp/audience-sync/audiences", { topic: "pushes" });
export const useAudience = reading("/cdp/audience-sync/audiences/{id}", { topic: "pushes" });
export const useAudiencePeople = paging("/cdp/audience-sync/audiences/{id}/people", {
  topic: "pushes",
});
/** With the gate's word as it was when it was asked for; opening it again asks again. */
export const useFirstPush = asking("/cdp/audience-sync/preview", 0);
export const useCreateAudience = commanding("post", "/cdp/audience-sync/audiences", STALE);
export const useUpdateAudience = commanding("patch", "/cdp/audience-sync/audiences/{id}", STALE);
export const usePushStatistics = reading("/cdp/statistics/pushes", { topic: "pushes" });
export const useDeleteAudience = commanding("delete", "/cdp/audience-sync/audiences/{id}", STALE);
export const useSyncAudience = commanding("post", "/cdp/audience-sync/audiences/{id}/sync", STALE);
export const usePauseAudience = commanding(
  "post",
  "/cdp/audience-sync/audiences/{id}/pause",
  STALE,
);
export const useResumeAudience = commanding(
  "post",
  "/cdp/audience-sync/audiences/{id}/resume",
  STALE,
);
export const useCancelPush = commanding("post", "/cdp/audience-sync/audiences/{id}/cancel", STALE);
export const useReconcileAudience = commanding(
  "post",
  "/cdp/audience-sync/audiences/{id}/reconcile",
  STALE,
);
export const usePreviewPush = commanding(
  "post",
  "/cdp/audience-sync/audiences/{id}/preview",
  [],
  ["read"],
);
export const usePushHistory = paging("/cdp/audience-sync/audiences/{id}/history", {
  topic: "pushes",
});
export const usePushRequests = paging("/cdp/audience-sync/audiences/{id}/history/{push}");
export const useAudienceGate = reading("/cdp/audience-sync/audiences/{id}/gate", {
  topic: "readings",
});
export const useConfirmFirst = commanding(
  "post",
  "/cdp/audience-sync/audiences/{id}/confirm",
  STALE,
  ["gate"],
);
export const useReleasePush = commanding(
  "post",
  "/cdp/audience-sync/audiences/{id}/release",
  [...STALE, "/cdp/gate"],
  ["gate"],
);
export const useExportAudience = commanding("post", "/cdp/audiences/export", ["/cdp/exports"]);
export const useExports = paging("/cdp/exports", { refreshS: 5 });
export const useExport = reading("/cdp/exports/{id}", { refreshS: 2 });
export const useDeleteExport = commanding("delete", "/cdp/exports/{id}", ["/cdp/exports"]);
export const usePushes = paging("/cdp/pushes", { topic: "pushes" });
