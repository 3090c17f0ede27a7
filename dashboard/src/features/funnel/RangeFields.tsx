// In which time attempts begin: a span up to now, or days of the workspace's calendar.
import { useId } from "react";
import { DAY, dayNumber, startOfDay } from "@/chart/zone";
import { instantsOf, type Range, SPAN_NAMES, type Span } from "@/lib/range";
import { useMinute } from "@/ui/clock";
import { useZone } from "@/ui/zone";

const OFFERED: readonly Span[] = ["24h", "7d", "30d"];

interface Props {
  readonly range: Range;
  readonly onChange: (range: Range) => void;
}

/** A select, and two days where they are one's own. */
export function RangeFields({ range, onChange }: Props) {
  const id = useId();
  const now = useMinute();
  const zone = useZone();
  const spans = range.kind === "span" && !OFFERED.includes(range.span) ? [range.span] : [];
  return (
    <>
      <span className="inline-grid gap-1">
        <label htmlFor={id} className="text-note text-quiet">
          Attempts that began in
        </label>
        <select
          id={id}
          value={range.kind === "span" ? range.span : "own"}
          onChange={({ target }) => {
            const span = [...spans, ...OFFERED].find((one) => one === target.value);
            const { since } = instantsOf(range, now);
            onChange(
              span === undefined
                ? ofDays(dayNumber(Date.parse(since), zone), dayNumber(now, zone), zone)
                : { kind: "span", span },
            );
          }}
        >
          {[...spans, ...OFFERED].map((span) => (
            <option key={span} value={span}>
              the last {SPAN_NAMES[span]}
            </option>
          ))}
          <option value="own">days of my choice</option>
        </select>
      </span>
      {range.kind === "own" && <Days range={range} onChange={onChange} />}
    </>
  );
}

/** From the beginning of a day to the end of another. */
function ofDays(first: number, last: number, zone: string): Range {
  return {
    kind: "own",
    since: new Date(startOfDay(first, zone)).toISOString(),
    until: new Date(startOfDay(last + 1, zone)).toISOString(),
  };
}

function Days({
  range,
  onChange,
}: {
  readonly range: Range & { readonly kind: "own" };
  readonly onChange: (range: Range) => void;
}) {
  const zone = useZone();
  const first = dayNumber(Date.parse(range.since), zone);
  const last = dayNumber(Date.parse(range.until) - 1, zone);
  const go = (from: number, to: number) => onChange(ofDays(from, to, zone));
  return (
    <>
      <Day label="First day" day={first} onChange={(day) => go(day, Math.max(day, last))} />
      <Day label="Last day" day={last} onChange={(day) => go(Math.min(first, day), day)} />
    </>
  );
}

function Day({
  label,
  day,
  onChange,
}: {
  readonly label: string;
  readonly day: number;
  readonly onChange: (day: number) => void;
}) {
  const id = useId();
  return (
    <span className="inline-grid gap-1">
      <label htmlFor={id} className="text-note text-quiet">
        {label}
      </label>
      <input
        id={id}
        type="date"
        min="1970-01-01"
        max="9999-12-30"
        value={new Date(day * DAY).toISOString().slice(0, 10)}
        onChange={({ target }) => {
          const at = Date.parse(`${target.value}T00:00:00Z`);
          // A date that is half typed is none yet.
          if (!Number.isNaN(at) && at >= 0) onChange(at / DAY);
        }}
      />
    </span>
  );
}
