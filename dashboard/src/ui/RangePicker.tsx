// The one time range of a page, kept in its address.
import { useNavigate } from "@tanstack/react-router";
import { useId } from "react";
import { SPAN_NAMES, SPANS, type Range, type Span } from "@/lib/range";
import { Time } from "./Time";
import { Button } from "./Button";

interface Props {
  readonly range: Range;
  /** Spans that are offered; default all. */
  readonly spans?: readonly Span[];
}

/** Choose a span; a range that was dragged in a chart can be dropped again. */
export function RangePicker({ range, spans = Object.keys(SPANS) as Span[] }: Props) {
  const navigate = useNavigate();
  const id = useId();
  const go = (next: Record<string, string | undefined>) =>
    void navigate({
      to: ".",
      search: ((earlier: object) => ({
        ...earlier,
        since: undefined,
        until: undefined,
        cursor: undefined,
        ...next,
      })) as never,
    });
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <label htmlFor={id} className="text-quiet">
        Range
      </label>
      <select
        id={id}
        value={range.kind === "span" ? range.span : "own"}
        onChange={(event) => go({ range: event.target.value })}
      >
        {range.kind === "own" && <option value="own">own</option>}
        {spans.map((span) => (
          <option key={span} value={span}>
            {SPAN_NAMES[span]}
          </option>
        ))}
      </select>
      {range.kind === "own" && (
        <>
          <span>
            <Time at={range.since} form="clock" /> – <Time at={range.until} form="clock" />
          </span>
          <Button onClick={() => go({ range: undefined })}>Whole range</Button>
        </>
      )}
    </span>
  );
}
