// The router: wiring only.
import { createRoute, createRouter, redirect } from "@tanstack/react-router";
import { formatSearch, parseSearch, textOf } from "@/lib/url";
import { cdpRoutes } from "@/routes/cdp";
import { frame, root } from "@/routes/frame";
import { restRoutes } from "@/routes/rest";
import { trustRoutes } from "@/routes/trust";
import { Failure } from "@/views/Failure";
import { Login } from "@/views/Login";
import { Nowhere } from "@/views/Nowhere";

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { to?: string | undefined } => ({
    to: textOf(search, "to"),
  }),
  component: Login,
});

const start = createRoute({
  getParentRoute: () => frame,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/cdp", replace: true });
  },
});

const routes = root.addChildren([
  login,
  frame.addChildren([start, ...cdpRoutes, ...trustRoutes, ...restRoutes]),
]);

/** The router; its addresses begin with /dashboard. */
export const router = createRouter({
  routeTree: routes,
  basepath: "/dashboard",
  parseSearch,
  stringifySearch: formatSearch,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  pathParamsAllowedCharacters: [":"],
  defaultNotFoundComponent: Nowhere,
  defaultErrorComponent: Failure,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
