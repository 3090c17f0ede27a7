// Routes of Insight, Operate and the settings. Views are loaded when they are first shown.
import { createRoute } from "@tanstack/react-router";
import { readDeadletterSearch } from "@/features/deadletter/address";
import { readExportSearch } from "@/features/export/address";
import { readFunnelSearch } from "@/features/funnel/address";
import type { PrivacySearch } from "@/features/privacy/address";
import { readRfmSearch } from "@/features/rfm/address";
import { readSettingsSearch } from "@/features/settings/address";
import { readSweepSearch } from "@/features/sweep/address";
import { readTraitSearch } from "@/features/trait/address";
import { frame, view } from "./frame";

const insightFunnels = createRoute({
  getParentRoute: () => frame,
  path: "/insight/funnels",
  validateSearch: readFunnelSearch,
  component: view(() => import("@/views/insight/Funnels"), "Funnels"),
});
const insightRfm = createRoute({
  getParentRoute: () => frame,
  path: "/insight/rfm",
  validateSearch: readRfmSearch,
  component: view(() => import("@/views/insight/Rfm"), "Rfm"),
});
const insightTraits = createRoute({
  getParentRoute: () => frame,
  path: "/insight/traits",
  validateSearch: readTraitSearch,
  component: view(() => import("@/views/insight/Traits"), "Traits"),
});
const operateDeadLetters = createRoute({
  getParentRoute: () => frame,
  path: "/operate/dead-letters",
  validateSearch: readDeadletterSearch,
  component: view(() => import("@/views/operate/DeadLetters"), "DeadLetters"),
});
const operateLag = createRoute({
  getParentRoute: () => frame,
  path: "/operate/lag",
  component: view(() => import("@/views/operate/Lag"), "Lag"),
});
const operateSweeps = createRoute({
  getParentRoute: () => frame,
  path: "/operate/sweeps",
  validateSearch: readSweepSearch,
  component: view(() => import("@/views/operate/Sweeps"), "Sweeps"),
});
const operateExports = createRoute({
  getParentRoute: () => frame,
  path: "/operate/exports",
  validateSearch: readExportSearch,
  component: view(() => import("@/views/operate/Exports"), "Exports"),
});
const privacy = createRoute({
  getParentRoute: () => frame,
  path: "/privacy",
  validateSearch: (search): PrivacySearch => search,
  component: view(() => import("@/views/operate/Privacy"), "Privacy"),
});
const privacyId = createRoute({
  getParentRoute: () => frame,
  path: "/privacy/$id",
  component: view(() => import("@/views/operate/Privacy"), "PrivacyRequest"),
});
const settings = createRoute({
  getParentRoute: () => frame,
  path: "/settings",
  validateSearch: readSettingsSearch,
  component: view(() => import("@/views/Settings"), "Settings"),
});

export const restRoutes = [
  insightFunnels,
  insightRfm,
  insightTraits,
  operateDeadLetters,
  operateLag,
  operateSweeps,
  operateExports,
  privacy,
  privacyId,
  settings,
] as const;
