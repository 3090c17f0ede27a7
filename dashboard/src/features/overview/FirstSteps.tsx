// What a new workspace needs, step by step; each is ticked as soon as the API says that it is done.
import { lazy, Suspense } from "react";
import {
  useAudiences,
  useConnections,
  usePlatforms,
  useProfileStatistics,
  useSegmentSizes,
} from "@/api/cdp";
import { useLiveState } from "@/api/live";
import { loading } from "@/lib/loading";
import { Guard } from "@/ui/Failed";
import { standOf } from "@/trust/stand";
import { rowsOf } from "@/ui/Table";
import { stepsOf } from "./steps";

const StepList = lazy(async () => ({
  default: (await loading(import("./StepList"))).StepList,
}));

/** The three steps; nothing once all are done, and nothing while it is not known. */
export function FirstSteps() {
  const statistics = useProfileStatistics().data;
  const sizes = useSegmentSizes({ params: { query: { limit: 200 } } }).data;
  const audiences = useAudiences({ params: { query: { limit: 200 } } }).data;
  const isKnown = statistics !== undefined && sizes !== undefined && audiences !== undefined;
  const isLive = useLiveState() === "live";
  const linked = rowsOf(audiences).length;
  // Whoever has an audience has connected its platform: only who has none is asked.
  const isAsked = isKnown && linked === 0;
  const platforms = usePlatforms({}, { enabled: isAsked });
  const connections = useConnections({}, { enabled: isAsked });
  const known = connections.data ?? (connections.error === null ? "loading" : "failed");
  if (!isKnown || (linked === 0 && (platforms.data === undefined || known === "loading")))
    return null;
  const stands = (platforms.data ?? [])
    .filter((each) => each.connected)
    .map((each) => ({ platform: each.platform, ...standOf(each, known) }));
  const done = stepsOf({
    events: statistics.events,
    segments: rowsOf(sizes).map((each) => each.name),
    audiences: linked,
    connected: stands.filter(({ look }) => look === "well").length,
  });
  if (done.event && done.segment && done.platform) return null;
  return (
    <Guard name="first steps">
      <Suspense>
        <StepList done={done} events={statistics.events} stands={stands} isLive={isLive} />
      </Suspense>
    </Guard>
  );
}
