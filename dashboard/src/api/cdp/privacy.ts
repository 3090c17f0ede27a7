// Hooks: erasures, the register of privacy requests, and the data map.
import { asking, commanding, paging, reading, shared } from "../hooks";

const STALE = ["/cdp/privacy/requests", "/cdp/audit"];
const request = shared("/cdp/privacy/requests/{id}");

export const usePrivacyRequests = paging("/cdp/privacy/requests", { refreshS: 10 });
export const usePrivacyRequest = request.reading({ refreshS: 30 });
/** The same one, while something happens to it. */
export const useOpenPrivacyRequest = request.reading({ refreshS: 3 });
export const usePrivacyStatistics = reading("/cdp/privacy/requests/statistics", { refreshS: 30 });
export const useDataMap = reading("/cdp/privacy/map");
export const useRequestAccess = commanding("post", "/cdp/privacy/access", STALE, ["admin"]);
/** Make a link to an archive; it is told once. */
export const useLinkArchive = commanding("post", "/cdp/privacy/requests/{id}/link", STALE, [
  "admin",
]);
export const useRequestErasure = commanding("post", "/cdp/privacy/erasures", STALE, ["admin"]);
export const useRetryErasure = commanding("post", "/cdp/privacy/requests/{id}/retry", STALE, [
  "admin",
]);
/** What an erasure would remove; never an old answer, not for a moment. */
export const usePreviewErasure = asking("/cdp/privacy/erasures/preview", 0, 0);
