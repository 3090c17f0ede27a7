// Routes of the CDP section. Views are loaded when they are first shown.
import { createRoute } from "@tanstack/react-router";
import { readAudienceSearch } from "@/features/audience/address";
import { readEventSearch } from "@/features/event/address";
import { readIdentitySearch } from "@/features/identity/address";
import { readProfileSearch } from "@/features/profile/address";
import { readSegmentSearch } from "@/features/segment/address";
import { frame, view } from "./frame";

const overview = createRoute({
  getParentRoute: () => frame,
  path: "/cdp",
  component: view(() => import("@/views/cdp/CDPDashboard"), "CDPDashboard"),
});
const cdpProfiles = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/profiles",
  validateSearch: readProfileSearch,
  component: view(() => import("@/views/cdp/CDPProfiles"), "CDPProfiles"),
});
const cdpProfilesId = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/profiles/$id",
  validateSearch: readProfileSearch,
  component: view(() => import("@/views/cdp/CDPProfile"), "CDPProfile"),
});
const cdpSegments = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/segments",
  validateSearch: readSegmentSearch,
  component: view(() => import("@/views/cdp/CDPSegments"), "CDPSegments"),
});
const cdpSegmentsId = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/segments/$id",
  validateSearch: readSegmentSearch,
  component: view(() => import("@/views/cdp/CDPSegment"), "CDPSegment"),
});
const cdpSegmentsNew = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/segments/new",
  validateSearch: readSegmentSearch,
  component: view(() => import("@/views/cdp/SegmentEditor"), "SegmentEditor"),
});
const cdpSegmentsIdEdit = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/segments/$id/edit",
  validateSearch: readSegmentSearch,
  component: view(() => import("@/views/cdp/SegmentEditor"), "SegmentEditor"),
});
const cdpEvents = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/events",
  validateSearch: readEventSearch,
  component: view(() => import("@/views/cdp/CDPEvents"), "CDPEvents"),
});
const cdpIdentity = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/identity",
  validateSearch: readIdentitySearch,
  component: view(() => import("@/views/cdp/CDPIdentityGraph"), "CDPIdentityGraph"),
});
const cdpIdentityId = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/identity/$id",
  validateSearch: readIdentitySearch,
  component: view(() => import("@/views/cdp/CDPIdentityGraph"), "CDPIdentityGraph"),
});
const cdpAudienceSync = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/audience-sync",
  validateSearch: readAudienceSearch,
  component: view(() => import("@/views/cdp/CDPAudienceSync"), "CDPAudienceSync"),
});
const cdpAudienceSyncId = createRoute({
  getParentRoute: () => frame,
  path: "/cdp/audience-sync/$id",
  validateSearch: readAudienceSearch,
  component: view(() => import("@/views/cdp/CDPAudience"), "CDPAudience"),
});

export const cdpRoutes = [
  overview,
  cdpProfiles,
  cdpProfilesId,
  cdpSegments,
  cdpSegmentsId,
  cdpSegmentsNew,
  cdpSegmentsIdEdit,
  cdpEvents,
  cdpIdentity,
  cdpIdentityId,
  cdpAudienceSync,
  cdpAudienceSyncId,
] as const;
