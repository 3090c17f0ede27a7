// What stands around every page: sidebar, top bar, banners, the live connection, the login.
import { Outlet } from "@tanstack/react-router";
import { Frame } from "@/features/frame/Frame";
import { Session } from "@/features/login/Session";

/** The frame of the dashboard; nothing is shown inside before it is known who asks. */
export function DashboardLayout() {
  return (
    <Session>
      <Frame>
        <Outlet />
      </Frame>
    </Session>
  );
}
