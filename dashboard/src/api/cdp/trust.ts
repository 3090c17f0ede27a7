// Hooks: signals, the gate, decisions, alerts and the audit log.
import { commanding, paging, reading, shared, type Use } from "../hooks";

const GATE = ["/cdp/gate", "/cdp/audience-sync", "/cdp/decisions"];

const useNewest = reading("/cdp/signals", { topic: "readings" });
/** Every signal with its newest reading, whose components are those of `useSignal`. */
export const useSignals = (use?: Use) =>
  useNewest({ params: { query: { components: false } } }, use);
export const useSignalTimelines = paging("/cdp/signals/hours", { refreshS: 60 });
export const useSignal = reading("/cdp/signals/{signal}", { topic: "readings" });
export const useSignalHours = paging("/cdp/signals/{signal}/hours", { refreshS: 60 });
const readings = shared("/cdp/signals/{signal}/readings");
export const useSignalReadings = readings.paging({ topic: "readings" });
/** Readings of a past range: what comes after it is asked for by another range. */
export const useSignalPast = readings.paging({ isKept: true });
export const useSignalSeries = reading("/cdp/signals/{signal}/series", { refreshS: 60 });
export const useDecisions = paging("/cdp/decisions", { topic: "decisions" });
export const useDecision = reading("/cdp/decisions/{id}", { topic: "decisions" });
export const useGate = reading("/cdp/gate", { topic: "decisions" });
export const useAudienceVerdicts = reading("/cdp/gate/audiences", { topic: "decisions" });
export const useOverrides = reading("/cdp/gate/overrides", { topic: "decisions" });
export const useIntervention = reading("/cdp/gate/{kind}/{id}", { topic: "decisions" });
export const useCreateOverride = commanding("post", "/cdp/gate/overrides", GATE, ["gate"]);
export const useApproveIntervention = commanding("post", "/cdp/gate/{kind}/{id}/approve", GATE, [
  "gate",
]);
export const useRevokeIntervention = commanding("delete", "/cdp/gate/{kind}/{id}", GATE, [
  "write",
  "gate",
]);
export const useSetMode = commanding("put", "/cdp/gate/mode", GATE, ["write", "gate"]);
export const useApproveMode = commanding("post", "/cdp/gate/mode/{scope}/approve", GATE, ["gate"]);
export const useRejudge = commanding("post", "/cdp/gate/rejudge", [], ["read"]);
const alerts = shared("/cdp/alerts");
export const useAlerts = alerts.reading({ topic: "alerts" });
export const useAlertHistory = alerts.paging({ topic: "alerts" });
export const useAlert = reading("/cdp/alerts/{id}", { topic: "alerts" });
export const useAcknowledgeAlert = commanding("post", "/cdp/alerts/{id}/acknowledge", [
  "/cdp/alerts",
]);
export const useDeadNotices = reading("/cdp/alerts/dead", { topic: "alerts" });
export const useRetryNotices = commanding("post", "/cdp/alerts/dead/retry", ["/cdp/alerts"]);
export const useAudit = paging("/cdp/audit");
export const useReading = reading("/cdp/readings/{id}");
export const useVerifyAudit = reading("/cdp/audit/verify");
