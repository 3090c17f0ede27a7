// What this login may do; controls that it may not use stay visible and say which scope they need.
import { createContext, useContext } from "react";

export const ScopesContext = createContext<readonly string[]>([]);

/** Why a control with these scopes (one of them) cannot be used; undefined where it can. */
export function useRefusal(scopes: readonly string[]): string | undefined {
  const own = useContext(ScopesContext);
  if (scopes.some((scope) => own.includes(scope))) return undefined;
  const needed = scopes.join(" or ");
  return scopes.includes("admin") && scopes.length === 1
    ? "Needs the scope admin: ask whoever holds an admin key of this workspace."
    : `Needs the scope ${needed}.`;
}
