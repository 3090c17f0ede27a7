// Leads to the login, once, and remembers where one wanted to go.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";

/** Shown in place of a page to somebody who is not logged in. `from` is the address they asked for. */
export function ToLogin({ from }: { readonly from: string }) {
  const navigate = useNavigate();
  const lead = useEffectEvent(() => {
    void navigate({ to: "/login", search: { to: from }, replace: true });
  });
  // Once: the address changes on the way, and must not lead there again.
  useEffect(() => lead(), []);
  return null;
}
