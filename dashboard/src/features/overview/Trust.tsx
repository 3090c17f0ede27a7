// Trust now: the lowest signal and why, what the gate says of each audience, alerts that last.
import { Link } from "@tanstack/react-router";
import {
  useAlerts,
  useAudiences,
  useAudienceVerdicts,
  useLag,
  useSignal,
  useSignals,
} from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { formatSpan } from "@/lib/time";
import { NoSignals } from "@/trust/NoSignals";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { State, Verdict, Why } from "@/ui/State";
import { Time } from "@/ui/Time";
import { rowsOf } from "@/ui/Table";
import { useStale } from "@/ui/zone";
import { nameOf, worstFirst } from "@/lib/signals";
import { atLeast, countsOf } from "./verdicts";

/** The first card of the overview. */
export function Trust() {
  const signals = useSignals();
  return (
    <Card title="Trust now" aside={<Link to="/trust/signals">All signals</Link>}>
      <Answer
        asked={signals}
        name="signals"
        height="7rem"
        empty={({ items }) => (items.length === 0 ? <NoSignals /> : undefined)}
      >
        {({ items }) => <Lowest signal={worstFirst(items)[0]} />}
      </Answer>
      <Waiting />
    </Card>
  );
}

function Lowest({ signal }: { readonly signal: Schemas["Signal"] | undefined }) {
  const detail = useSignal(
    { params: { path: { signal: signal?.signal ?? "" } } },
    { enabled: signal !== undefined },
  );
  const isStale = useStale(detail.data?.reading?.read_at);
  if (signal === undefined) return null;
  const outlook = isStale ? undefined : detail.data?.outlook;
  return (
    <div className="grid gap-1">
      <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <span className="text-heading sm:text-figure">
          <State
            state={signal.status}
            score={signal.reading?.score ?? null}
            readAt={signal.reading?.read_at}
            was={signal.reading?.status}
          />
        </span>
        <span>
          lowest:{" "}
          <Link to="/trust/signals/$signal" params={{ signal: signal.signal }}>
            {nameOf(signal)}
          </Link>
        </span>
        <span className="text-quiet">
          read <Time at={signal.reading?.read_at} />
        </span>
      </p>
      <p
        aria-busy={detail.isPlaceholderData || undefined}
        className={detail.isPlaceholderData ? "earlier" : ""}
      >
        {detail.data && <Why signal={detail.data} />}
      </p>
      {outlook?.per_hour !== null && outlook?.per_hour !== undefined && outlook.at !== null && (
        <p className="text-quiet">
          {outlook.per_hour < 0 ? "Falling" : "Rising"} by {Math.abs(outlook.per_hour).toFixed(0)}{" "}
          an hour: crosses {outlook.crosses} at <Time at={outlook.at} form="clock" />
        </p>
      )}
    </div>
  );
}

function Waiting() {
  const verdicts = useAudienceVerdicts().data;
  const audiences = useAudiences({ params: { query: { limit: 200 } } });
  const alerts = useAlerts({ params: { query: { lasting: true, limit: 200 } } });
  const lag = useLag();
  const { isWhole } = useWhole(audiences);
  const counts = verdicts && countsOf(verdicts);
  const lasting = alerts.data?.items;
  const leaving = rowsOf(audiences.data).reduce((sum, row) => sum + row.leaving, 0);
  return (
    <dl className="mt-4 flex flex-wrap gap-x-8 gap-y-2 border-t border-line pt-3">
      <Pair name="Gate">
        {counts === undefined ? (
          "–"
        ) : counts === null ? (
          "no audience"
        ) : (
          <Link to="/cdp/audience-sync" className="inline-flex flex-wrap gap-3 text-ink">
            {counts.map(([verdict, count]) => (
              <span key={verdict} className="inline-flex gap-1">
                <b>{count}</b>
                <Verdict verdict={verdict} />
              </span>
            ))}
          </Link>
        )}
      </Pair>
      <Pair name="Alerts">
        {lasting === undefined ? (
          "–"
        ) : (
          <Link to="/trust/alerts">
            {lasting.length === 0
              ? "none lasts"
              : atLeast(wordsOf(lasting), alerts.data?.next === null)}
          </Link>
        )}
      </Pair>
      <Pair name="Withdrawals waiting">
        {audiences.data === undefined ? "–" : atLeast(leaving, isWhole)}
      </Pair>
      <Pair name="Oldest event waits">
        {lag.data === undefined ? (
          "–"
        ) : (
          <Link to="/operate/lag">{formatSpan(lag.data.seconds_behind)}</Link>
        )}
      </Pair>
    </dl>
  );
}

function Pair({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-note text-quiet">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function wordsOf(alerts: readonly Schemas["AlertView"][]): string {
  return (["critical", "warning", "info"] as const)
    .map(
      (severity) =>
        [alerts.filter((alert) => alert.severity === severity).length, severity] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, severity]) => `${count} ${severity}`)
    .join(", ");
}
