// A signal's hours as spans of one state.
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { lastOf } from "@/lib/signals";
import { HOUR } from "@/lib/time";

/** A stretch of one state, in epoch milliseconds. */
export interface Span {
  readonly since: number;
  readonly until: number;
  readonly state: Schemas["SignalHour"]["last_status"];
}

/** Hours in order, neighbours of one state as one; what no hour covers is left out. */
export function spansOf(hours: readonly Schemas["SignalHour"][], until: number): Span[] {
  const spans: Span[] = [];
  for (const { hour, last_status: state } of hours) {
    const since = Date.parse(hour);
    const end = Math.min(since + HOUR, until);
    if (end <= since) continue;
    const last = spans.at(-1);
    if (last?.state === state && last.until === since) spans.splice(-1, 1, { ...last, until: end });
    else spans.push({ since, until: end, state });
  }
  return spans;
}

/** How many of all signals are healthy by readings that still count, also of those not drawn. */
export function summaryOf(
  signals: readonly Pick<Schemas["Signal"], "status" | "reading">[],
  now: number,
  staleAfter: number | null,
): string {
  const healthy = signals.filter(
    ({ status, reading }) => status === "healthy" && now <= lastOf(reading?.read_at, staleAfter),
  ).length;
  return `${healthy} of ${plural(signals.length, "signal", "signals")} healthy now.`;
}
