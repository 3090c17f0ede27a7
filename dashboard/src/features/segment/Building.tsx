// How far the sweep is that brings everybody up to date with what was published.
import { useSweeps } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount, plural } from "@/lib/number";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";

/** The newest sweep of a segment: its progress, or that something was left. */
export function Building({ segment }: { readonly segment: number }) {
  const sweeps = useSweeps({ params: { query: { segment, limit: 1 } } });
  const [sweep] = rowsOf(sweeps.data);
  if (sweep === undefined) return null;
  if (sweep.status === "running") return <Progress sweep={sweep} />;
  if (sweep.stale === null || sweep.stale === 0) return null;
  return (
    <p role="note" className="border-l-4 border-degraded pl-2">
      {plural(sweep.stale, "membership is", "memberships are")} still of an old version, seen when
      the sweep ended <Time at={sweep.finished_at} />.
    </p>
  );
}

function Progress({ sweep }: { readonly sweep: Schemas["SweepView"] }) {
  const percent = Math.floor(sweep.percent);
  return (
    <div role="status" className="grid gap-1">
      <p>
        Bringing everybody up to date: {percent} %, {plural(sweep.visited, "person", "people")} of
        about {formatCount(sweep.people)} looked at, {formatCount(sweep.changed)} changed. Numbers
        below are not final.
      </p>
      <progress className="w-full accent-focus" max={100} value={sweep.percent} aria-label="Sweep">
        {percent} %
      </progress>
    </div>
  );
}
