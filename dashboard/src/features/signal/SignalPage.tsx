// One signal: its score and why, over time, and what follows from it.
import { useSignal } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { nameOf } from "@/lib/signals";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Page } from "@/ui/Page";
import { State, Why } from "@/ui/State";
import { Time } from "@/ui/Time";
import { useStale } from "@/ui/zone";
import { Components } from "./Components";
import { Follows } from "./Follows";
import { Readings } from "./Readings";
import { ScoreChart } from "./ScoreChart";
import { SeriesChart } from "./SeriesChart";
import { SignalActs } from "./SignalActs";

/** The page of a signal. */
export function SignalPage({ signal }: { readonly signal: string }) {
  const detail = useSignal({ params: { path: { signal } } });
  return (
    <Page
      title={detail.data?.signal === signal ? nameOf(detail.data) : signal}
      place="Signals"
      acts={<SignalActs signal={signal} />}
    >
      <Answer asked={detail} name="signal" height="12rem">
        {(data) => (
          <div className="grid gap-4">
            <div className="grid gap-4 lg:grid-cols-[2fr_1fr]">
              <Health detail={data} />
              <Follows signal={signal} />
            </div>
            <SeriesChart detail={data} />
            <ScoreChart detail={data} />
            <Readings signal={signal} />
          </div>
        )}
      </Answer>
    </Page>
  );
}

/** The score, or that it is unknown, with the reason and what the newest reading is made of. */
function Health({ detail }: { readonly detail: Schemas["SignalDetail"] }) {
  const { reading, status } = detail;
  const isStale = useStale(reading?.read_at);
  const isKnown = !isStale && status !== "unknown";
  const score = isKnown ? (reading?.score ?? null) : null;
  return (
    <Card title={`Why ${score === null ? "unknown" : Math.floor(score)}?`}>
      <p className="mb-2 flex flex-wrap items-baseline gap-x-4">
        <span className="text-heading sm:text-figure">
          <State
            state={status}
            score={reading?.score ?? null}
            readAt={reading?.read_at}
            was={reading?.status}
          />
        </span>
        {reading !== null && (
          <span className="text-quiet">
            read <Time at={reading.read_at} />, based on {formatCount(reading.sample)} events
          </span>
        )}
      </p>
      <p className="mb-4">
        <Why signal={detail} />
      </p>
      {reading === null ? (
        <Empty title="Nothing was ever read of it.">Nothing that depends on it is sent.</Empty>
      ) : (
        <Components
          reading={reading}
          isKnown={isKnown}
          cappedBy={isKnown ? detail.capped_by : null}
          metrics={detail.metrics}
        />
      )}
    </Card>
  );
}
