// Step 2: the readings that the verdict is based on.
import { Link } from "@tanstack/react-router";
import { useReading } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { lastOf } from "@/lib/signals";
import { formatSpan } from "@/lib/time";
import { useSignalName } from "@/trust/names";
import { Answer } from "@/ui/Answer";
import { State } from "@/ui/State";
import { useStaleAfter } from "@/ui/zone";
import { Step } from "./Step";

/** What was read, as of when, and what was said of it. */
export type Read = Pick<
  Schemas["DecisionView"],
  "reading_ids" | "depends_on" | "decided_at" | "codes"
> & {
  /** What the API says that the signals are, by reading; else it is what was read. */
  readonly states?: ReadonlyMap<number | null, string>;
};

/** The readings as they were, each with what lowered it. */
export function ReadingsStep({ decision }: { readonly decision: Read }) {
  return (
    <Step number={2} title="Readings" aside={`${decision.reading_ids.length} signals`}>
      {decision.reading_ids.length === 0 && (
        <p>
          {decision.depends_on.length === 0
            ? "It depends on no signal."
            : `Nothing was read of ${decision.depends_on.join(", ")}.`}
        </p>
      )}
      <ul className="grid gap-2">
        {decision.reading_ids.map((id) => (
          <li key={id}>
            <ReadingLine id={id} decision={decision} />
          </li>
        ))}
      </ul>
    </Step>
  );
}

interface LineProps {
  readonly id: number;
  readonly decision: Read;
}

function ReadingLine({ id, decision }: LineProps) {
  const nameOf = useSignalName();
  const staleAfter = useStaleAfter();
  const decidedAt = decision.decided_at;
  // The setting may have changed since: only where the decision says so was a reading too old.
  const wasStale = decision.codes.includes("stale");
  const stateThen = ({ read_at, status }: Schemas["SignalReading"]) =>
    decision.states?.get(id) ??
    (wasStale && Date.parse(decidedAt) > lastOf(read_at, staleAfter) ? "unknown" : status);
  const reading = useReading({ params: { path: { id } } });
  if (reading.error?.status === 404)
    return (
      <p className="text-quiet">
        Reading {id} is no longer stored; hours of it are on the signal's page.
      </p>
    );
  return (
    <Answer asked={reading} name="reading" height="2rem" oldAfterS={Number.POSITIVE_INFINITY}>
      {(data) => (
        <div>
          <p className="flex flex-wrap items-baseline gap-x-3">
            <State
              state={stateThen(data)}
              score={data.score}
              readAt={decision.states && data.read_at}
              was={data.status}
            />
            <Link
              to="/trust/signals/$signal"
              params={{ signal: data.signal }}
              className="inline-block min-h-6"
            >
              {nameOf(data.signal)}
            </Link>
            <span className="text-quiet">
              {formatSpan(Math.max(0, (Date.parse(decidedAt) - Date.parse(data.read_at)) / 1000))}{" "}
              old then, {formatCount(data.sample)} events
            </span>
            <span>{data.reasons[0]}</span>
          </p>
        </div>
      )}
    </Answer>
  );
}
