// The page's state, as the address says it.
import { getRouteApi } from "@tanstack/react-router";
import { readPrivacySearch, type PrivacySearch } from "./address";

const route = getRouteApi("/frame/privacy");

/** What the address says, and how to change it. */
export function usePrivacyAddress() {
  const search = readPrivacySearch({ ...route.useSearch() });
  const navigate = route.useNavigate();
  const change = (next: Partial<PrivacySearch>, replace = false) =>
    void navigate({ search: (earlier) => ({ ...earlier, ...next }), replace });
  return { search, change };
}
