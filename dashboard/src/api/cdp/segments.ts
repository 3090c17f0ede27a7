// Hooks: segments, their rules, members and movement.
import { asking, commanding, paging, reading } from "../hooks";

const STALE = ["/cdp/segments", "/cdp/statistics/segments", "/cdp/sweeps"];

export const useSegments = paging("/cdp/segments", { refreshS: 30 });
export const useSegment = reading("/cdp/segments/{id}", { refreshS: 15 });
export const useSegmentVersions = paging("/cdp/segments/{id}/versions", { refreshS: 15 });
export const useSegmentMembers = paging("/cdp/segments/{id}/members", { refreshS: 15 });
export const useSegmentChanges = paging("/cdp/segments/{id}/changes", { refreshS: 5 });
export const useSegmentSizes = paging("/cdp/statistics/segments", { refreshS: 30 });
export const useSegmentHistory = reading("/cdp/statistics/segments/{id}", { refreshS: 60 });
export const useSweeps = paging("/cdp/sweeps", { topic: "sweeps" });
export const useSweep = reading("/cdp/sweeps/{id}", { topic: "sweeps" });
export const useCreateSegment = commanding("post", "/cdp/segments", STALE);
export const useUpdateSegment = commanding("put", "/cdp/segments/{id}", STALE);
export const useDeleteSegment = commanding("delete", "/cdp/segments/{id}", STALE);
export const usePublishSegment = commanding("post", "/cdp/segments/{id}/publish", STALE);
export const usePauseSegment = commanding("post", "/cdp/segments/{id}/pause", STALE);
export const useResumeSegment = commanding("post", "/cdp/segments/{id}/resume", STALE);
export const useValidateRule = asking("/cdp/segments/validate");
export const usePreviewRule = asking("/cdp/segments/preview");
export const usePreviewSegment = asking("/cdp/segments/{id}/preview");
export const useWhyDraft = asking("/cdp/segments/why", 2_000);
