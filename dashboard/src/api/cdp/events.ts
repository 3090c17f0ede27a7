// Hooks: events, their names and anomalies.
import { reading, shared } from "../hooks";

const events = shared("/cdp/events");
export const useEvents = events.paging();
export const useNewestEvents = events.reading({ topic: "events" });
export const useEventsAt = events.reading();
export const readEvents = events.once;
export const useEventNames = reading("/cdp/catalogue/events", { refreshS: 300 });
const anomalies = shared("/cdp/anomalies");
export const useEventAnomalies = anomalies.paging({ refreshS: 30 });
export const useAnomalySummary = anomalies.reading({ refreshS: 30 });
export const useAnomaly = reading("/cdp/anomalies/{anomaly}", { refreshS: 30 });
