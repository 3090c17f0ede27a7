// The root of all routes, and the frame around those of somebody who is logged in.
import { createRootRoute, createRoute, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { loading } from "@/lib/loading";
import { DashboardLayout } from "@/views/DashboardLayout";
import { Nowhere } from "@/views/Nowhere";

export const root = createRootRoute({ component: Outlet, notFoundComponent: Nowhere });

export const frame = createRoute({
  getParentRoute: () => root,
  id: "frame",
  component: DashboardLayout,
  notFoundComponent: Nowhere,
});

/**
 * A view that is loaded when it is first shown; one that does not come says so, and how to go on.
 *
 * The page is not loaded anew by itself: without a network nothing would be left of it.
 */
export const view: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(() => loading(load()), name);
