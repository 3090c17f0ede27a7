// Hooks: dead letters and sources.
import { commanding, paging, reading } from "../hooks";

const STALE = ["/cdp/dead-letters", "/cdp/statistics"];

export const useDeadLetters = paging("/cdp/dead-letters", { refreshS: 10 });
export const useDeadLetter = reading("/cdp/dead-letters/{id}", { refreshS: 5 });
export const useDeadLetterCounts = reading("/cdp/statistics/dead-letters", { refreshS: 10 });
export const useRetryDeadLetter = commanding("post", "/cdp/dead-letters/{id}/retry", STALE);
export const useRetryDeadLetters = commanding("post", "/cdp/dead-letters/retry", STALE);
export const useSources = paging("/cdp/sources", { refreshS: 60 });
