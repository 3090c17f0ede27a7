// The page's filter: which letters, as the address says and as the API takes it.
import { getRouteApi } from "@tanstack/react-router";
import type { DeadletterSearch } from "./address";

const route = getRouteApi("/frame/operate/dead-letters");

/** The filter, and how to change what the address says. */
export function useLetterFilter() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return {
    search,
    query: queryOf(search),
    change: (next: Partial<DeadletterSearch>) =>
      void navigate({ search: (earlier) => ({ ...earlier, ...next }) }),
  };
}

/** The filter as the API takes it; what is not said is left out. */
export function queryOf({ reason, source, status }: DeadletterSearch) {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(source === undefined ? {} : { source: Number(source) }),
    ...(status === undefined ? {} : { status }),
  };
}
