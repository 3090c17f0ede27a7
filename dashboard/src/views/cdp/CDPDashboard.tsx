// /dashboard/cdp: can we trust what we send, and does data flow?
import { Audiences } from "@/features/overview/Audiences";
import { FirstSteps } from "@/features/overview/FirstSteps";
import { Figures } from "@/features/overview/Figures";
import { Lifecycle } from "@/features/overview/Lifecycle";
import { Moves } from "@/features/overview/Moves";
import { SignalStates } from "@/features/overview/SignalStates";
import { Trust } from "@/features/overview/Trust";
import { Volume } from "@/features/overview/Volume";
import { Page } from "@/ui/Page";

/** The overview: trust first. */
export function CDPDashboard() {
  return (
    <Page title="Overview">
      <FirstSteps />
      <Trust />
      <Figures />
      <div className="grid gap-4 lg:grid-cols-2">
        <Lifecycle />
        <Volume />
      </div>
      <div className="grid gap-4 lg:grid-cols-2 xl:grid-cols-3">
        <SignalStates />
        <Moves />
        <Audiences />
      </div>
    </Page>
  );
}
