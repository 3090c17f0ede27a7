// /dashboard/trust/gate: how the gate is run, and what people let pass.
import { getRouteApi } from "@tanstack/react-router";
import { TABS } from "@/features/gate/address";
import { Modes } from "@/features/gate/Modes";
import { Rejudge } from "@/features/gate/Rejudge";
import { Earlier, Interventions } from "@/features/gate/Said";
import { Thresholds } from "@/features/gate/Thresholds";
import { Waiting } from "@/features/gate/Waiting";
import { Page } from "@/ui/Page";
import { Tabs } from "@/ui/Tabs";

const route = getRouteApi("/frame/trust/gate");

/** The trust gate. */
export function Gate() {
  const tab = route.useSearch().tab ?? "now";
  return (
    <Page
      title="Gate"
      lead="Nothing goes out while the data it is based on is degraded, stale or unknown."
    >
      <Tabs label="Parts of the gate" tabs={TABS} current={tab} />
      {tab === "now" && (
        <>
          <Modes />
          <Waiting />
          <Interventions />
          <Earlier />
        </>
      )}
      {tab === "thresholds" && <Thresholds />}
      {tab === "try" && <Rejudge />}
    </Page>
  );
}
