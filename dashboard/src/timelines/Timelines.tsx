// State timelines of the signals over a day, worst first.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSignalTimelines } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Steps } from "@/chart/Steps";
import { plural } from "@/lib/number";
import { lastOf, nameOf, worstFirst } from "@/lib/signals";
import { DAY, HOUR } from "@/lib/time";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { useClock, useMinute } from "@/ui/clock";
import { rowsOf } from "@/ui/Table";
import { useStaleAfter, useZone } from "@/ui/zone";
import { spansOf, summaryOf } from "./spans";

/** As many as one answer holds. */
const MOST = 200;

interface Props {
  readonly signals: readonly Schemas["Signal"][];
  /** How many are drawn at first. */
  readonly first: number;
  /** Whether the others can be asked for here. */
  readonly canShowAll?: boolean;
}

/** One row per signal, each hour in the state in which it ended; hours without readings unknown. */
export function Timelines({ signals, first, canShowAll = false }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const zone = useZone();
  const staleAfter = useStaleAfter();
  const summary = useClock((now) => summaryOf(signals, now, staleAfter));
  const until = useMinute();
  const since = Math.floor((until - DAY) / HOUR) * HOUR + HOUR;
  const shown = worstFirst(signals).slice(0, isWhole ? MOST : first);
  const hours = useSignalTimelines({
    params: {
      query: {
        since: new Date(since).toISOString(),
        signal: shown.map(({ signal }) => signal),
        limit: MOST,
      },
    },
  });
  const ids = new Map(shown.map((signal) => [nameOf(signal), signal.signal]));
  return (
    <Answer asked={hours} name="state timelines" height={`${shown.length * 1.75 + 2}rem`}>
      {(data) => {
        const found = new Map(rowsOf(data).map((row) => [row.signal, row.hours]));
        return (
          <div className="grid gap-2">
            <Steps
              title="State of each signal by the hour"
              summary={summary}
              zone={zone}
              since={since}
              until={until}
              rows={shown.map((signal) => ({
                name: nameOf(signal),
                spans: spansOf(
                  found.get(signal.signal) ?? [],
                  // What was read last says nothing of the rest of its hour.
                  Math.min(until, lastOf(signal.reading?.read_at, staleAfter)),
                ),
              }))}
              label={({ name }) => (
                <Link to="/trust/signals/$signal" params={{ signal: ids.get(name) ?? name }}>
                  {name}
                </Link>
              )}
            />
            {canShowAll && !isWhole && signals.length > shown.length && (
              <p>
                <Button onClick={() => setIsWhole(true)}>
                  Show {plural(Math.min(signals.length, MOST) - shown.length, "other", "others")}
                </Button>
              </p>
            )}
            {isWhole && signals.length > MOST && (
              <p className="text-table text-quiet">The {MOST} worst are shown.</p>
            )}
          </div>
        );
      }}
    </Answer>
  );
}
