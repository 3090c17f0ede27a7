// Reading and changing what stands in the address of an identity page.
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { IdentitySearch } from "./address";

type Change = (next: IdentitySearch) => void;

/** The address's parameters, and a function that changes some of them in place. */
export function useIdentityAddress(): [IdentitySearch, Change] {
  const search: IdentitySearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const change: Change = (next) => {
    const merged = (earlier: object) => ({ ...earlier, ...next });
    void navigate({ to: ".", search: merged as never, replace: true });
  };
  return [search, change];
}
