// Logging out, from the sidebar or by finding it.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useLogout } from "@/api/cdp/login";
import { asProblem, type Problem } from "@/lib/problem";

/** A function that ends the login and leaves nothing behind in this tab; and why it could not. */
export function useLeaving() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const logout = useLogout();
  const [problem, setProblem] = useState<Problem | null>(null);
  const leave = async () => {
    try {
      await logout.mutateAsync({});
    } catch (error) {
      // Without an end at the server the cookie still opens everything: say so, and stay.
      const failed = asProblem(error);
      if (failed.status !== 401) return setProblem(failed);
    }
    queries.clear();
    sessionStorage.clear();
    return navigate({ to: "/login" });
  };
  return { leave, problem };
}
