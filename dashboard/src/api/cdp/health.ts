// Hooks: the workspace, its health, its totals and lag.
import { reading, shared } from "../hooks";

export const useCDPHealth = reading("/cdp/health", { refreshS: 15 });
export const useLag = reading("/cdp/lag", { refreshS: 5 });
export const useProfileStatistics = reading("/cdp/statistics", { topic: "statistics" });
export const useHours = reading("/cdp/statistics/hours", { refreshS: 60 });
const volumes = shared("/cdp/statistics/events");
export const useEventStatistics = volumes.reading({ refreshS: 60 });
export const useEventTrends = volumes.reading({ refreshS: 15 });
export const useLifecycle = reading("/cdp/statistics/lifecycle", { refreshS: 60 });
