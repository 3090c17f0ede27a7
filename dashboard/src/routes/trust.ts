// Routes of the Trust section. Views are loaded when they are first shown.
import { createRoute } from "@tanstack/react-router";
import { readAlertSearch } from "@/features/alert/address";
import { readAuditSearch } from "@/features/audit/address";
import { readGateSearch } from "@/features/gate/address";
import { readPushSearch } from "@/features/push/address";
import { readSignalSearch } from "@/features/signal/address";
import { frame, view } from "./frame";

const trustSignals = createRoute({
  getParentRoute: () => frame,
  path: "/trust/signals",
  validateSearch: readSignalSearch,
  component: view(() => import("@/views/trust/Signals"), "Signals"),
});
const trustSignalsSignal = createRoute({
  getParentRoute: () => frame,
  path: "/trust/signals/$signal",
  validateSearch: readSignalSearch,
  component: view(() => import("@/views/trust/Signal"), "Signal"),
});
const trustGate = createRoute({
  getParentRoute: () => frame,
  path: "/trust/gate",
  validateSearch: readGateSearch,
  component: view(() => import("@/views/trust/Gate"), "Gate"),
});
const trustDecisions = createRoute({
  getParentRoute: () => frame,
  path: "/trust/decisions",
  validateSearch: readPushSearch,
  component: view(() => import("@/views/trust/Decisions"), "Decisions"),
});
const trustDecisionsId = createRoute({
  getParentRoute: () => frame,
  path: "/trust/decisions/$id",
  validateSearch: readPushSearch,
  component: view(() => import("@/views/trust/PushStory"), "PushStory"),
});
const trustDecisionsNext = createRoute({
  getParentRoute: () => frame,
  path: "/trust/decisions/next/$id",
  component: view(() => import("@/views/trust/NextPush"), "NextPush"),
});
const trustAlerts = createRoute({
  getParentRoute: () => frame,
  path: "/trust/alerts",
  validateSearch: readAlertSearch,
  component: view(() => import("@/views/trust/Alerts"), "Alerts"),
});
const trustAlertsId = createRoute({
  getParentRoute: () => frame,
  path: "/trust/alerts/$id",
  validateSearch: readAlertSearch,
  component: view(() => import("@/views/trust/Alert"), "Alert"),
});
const trustAudit = createRoute({
  getParentRoute: () => frame,
  path: "/trust/audit",
  validateSearch: readAuditSearch,
  component: view(() => import("@/views/trust/Audit"), "Audit"),
});

export const trustRoutes = [
  trustSignals,
  trustSignalsSignal,
  trustGate,
  trustDecisions,
  trustDecisionsId,
  trustDecisionsNext,
  trustAlerts,
  trustAlertsId,
  trustAudit,
] as const;
