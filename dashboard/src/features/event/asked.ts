// What the address asks for: the range and the filters, as the API takes them.
import { getRouteApi } from "@tanstack/react-router";
import { instantsOf, rangeOf, type Range } from "@/lib/range";
import { useMinute } from "@/ui/clock";
import type { EventSearch } from "./address";

const route = getRouteApi("/frame/cdp/events");

/** The page's range and filters, and how to change them. */
export interface AskedEvents {
  readonly search: EventSearch;
  readonly range: Range;
  readonly since: string;
  readonly until: string;
  /** Change what the address says; undefined drops a parameter. */
  readonly change: (next: Partial<EventSearch>) => void;
}

/** Read the address. */
export function useAskedEvents(): AskedEvents {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const minute = useMinute();
  const range = rangeOf({ ...search }, "24h");
  return {
    search,
    range,
    ...instantsOf(range, minute),
    change: (next) => void navigate({ search: (earlier) => ({ ...earlier, ...next }) }),
  };
}
