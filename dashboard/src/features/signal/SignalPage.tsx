// One signal: its score and why, over time, and what follows from it.
import { useSignal } from "@/api/cdp";
import { formatCount } from "@/lib/number";
import { nameOf } from "@/lib/signals";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Page } from "@/ui/Page";
import { State } from "@/ui/State";
import { Time } from "@/ui/Time";
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
              <Card
                title={
                  data.reading === null
                    ? "Why is it unknown?"
                    : `Why ${scoreOf(data.reading.score)}?`
                }
              >
                <p className="mb-2 flex flex-wrap items-baseline gap-x-4">
                  <span className="text-heading sm:text-figure">
                    <State
                      state={data.status}
                      score={data.reading?.score ?? null}
                      readAt={data.reading?.read_at}
                    />
                  </span>
                  {data.reading !== null && (
                    <span className="text-quiet">
                      read <Time at={data.reading.read_at} />, based on{" "}
                      {formatCount(data.reading.sample)} events
                    </span>
                  )}
                </p>
                <p className="mb-4">{data.why}</p>
                {data.reading === null ? (
                  <Empty title="Nothing was ever read of it.">
                    Nothing that depends on it is sent.
                  </Empty>
                ) : (
                  <Components
                    reading={data.reading}
                    cappedBy={data.capped_by}
                    metrics={data.metrics}
                  />
                )}
              </Card>
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

function scoreOf(score: number | null): string {
  return score === null ? "unknown" : String(Math.floor(score));
}
