// How long something lasts: a choice of hours within what the API allows.
import { formatSpan } from "@/lib/time";
import { Choice } from "./Choice";

const HOURS = [1, 2, 4, 8, 24, 72, 168];

interface Props {
  readonly hours: number;
  /** The longest that the API allows; unknown: one hour alone is offered. */
  readonly longestS: number | undefined;
  readonly onChange: (hours: number) => void;
}

/** The choice, and the longest there is. */
export function Lasting({ hours, longestS, onChange }: Props) {
  return (
    <p className="flex flex-wrap items-center gap-x-3">
      <Choice
        label="Lasts"
        value={String(hours)}
        any="1 h"
        options={HOURS.filter((each) => each > 1 && each * 3_600 <= (longestS ?? 0)).map((each) => [
          String(each),
          formatSpan(each * 3_600),
        ])}
        onChange={(next) => onChange(Number(next ?? 1))}
      />
      {longestS !== undefined && (
        <span className="text-quiet">At most {formatSpan(longestS)}.</span>
      )}
    </p>
  );
}
