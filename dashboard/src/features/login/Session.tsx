// Finds out who is logged in, and gives scopes, time zone and the live connection to the page.
import { useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { askedBy, useLogin, useWorkspace } from "@/api/cdp/login";
import { useLiveConnection } from "@/api/live";
import { Announcer } from "@/ui/Announcer";
import { Failed } from "@/ui/Failed";
import { MaskProvider } from "@/ui/Mask";
import { ScopesContext } from "@/ui/scopes";
import { ToLogin } from "@/ui/ToLogin";
import { StaleContext, ZoneContext } from "@/ui/zone";
import { LoginDialog } from "./LoginDialog";

/** Shows its children to somebody who is logged in; leads everybody else to the login. */
export function Session({ children }: { readonly children: ReactNode }) {
  const login = useLogin();
  const location = useLocation();
  const isIn = login.data !== undefined;
  const workspace = useWorkspace({}, { enabled: isIn });
  useLiveConnection(isIn);

  if (login.error?.status === 401 && !isIn) return <ToLogin from={`/dashboard${location.href}`} />;
  if (!isIn)
    return (
      <main className="p-4">
        <title>Stratum</title>
        {login.error === null ? (
          <p role="status" className="text-quiet">
            Loading…
          </p>
        ) : (
          <Failed problem={login.error} name="dashboard" again={() => void login.refetch()} />
        )}
      </main>
    );
  askedBy(login.data);
  if (workspace.data === undefined)
    return (
      <main className="p-4">
        <title>Stratum</title>
        {workspace.error === null ? (
          <p role="status" className="text-quiet">
            Loading…
          </p>
        ) : (
          <Failed
            problem={workspace.error}
            name="workspace"
            again={() => void workspace.refetch()}
          />
        )}
      </main>
    );
  return (
    <ScopesContext value={login.data.scopes}>
      <ZoneContext value={workspace.data.time_zone}>
        <StaleContext value={workspace.data.refresh.stale_after_s}>
          <MaskProvider>
            <Announcer>
              {children}
              <LoginDialog />
            </Announcer>
          </MaskProvider>
        </StaleContext>
      </ZoneContext>
    </ScopesContext>
  );
}
