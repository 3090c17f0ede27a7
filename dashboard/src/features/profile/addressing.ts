// Reading and changing what stands in the address of a profile page.
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ProfileSearch } from "./address";

type Change = (next: ProfileSearch, how?: { readonly isStep: boolean }) => void;

/**
 * The address's parameters, and a function that changes some of them.
 *
 * A change that is a step can be gone back from; others take the place of the earlier address.
 */
export function useProfileAddress(): [ProfileSearch, Change] {
  const search: ProfileSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const change: Change = (next, how) => {
    const merged = (earlier: object) => ({ ...earlier, ...next });
    void navigate({
      to: ".",
      search: merged as never,
      replace: !(how?.isStep ?? false),
      resetScroll: false,
    });
  };
  return [search, change];
}
