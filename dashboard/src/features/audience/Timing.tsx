// Fields of a new audience: how often it is pushed, how long people stay, how many are held out.
import { useId } from "react";
import { formatSpan } from "@/lib/time";

/** Intervals that are offered, in seconds; 0 follows the segment at once. */
const INTERVALS = [0, 3_600, 21_600, 86_400, 604_800];

interface Props {
  readonly interval: number;
  readonly onInterval: (seconds: number) => void;
  /** As typed; empty: no limit. */
  readonly ttlDays: string;
  readonly onTtlDays: (days: string) => void;
  readonly holdout: number;
  readonly onHoldout: (percent: number) => void;
}

/** The three fields in a row. */
export function Timing({ interval, onInterval, ttlDays, onTtlDays, holdout, onHoldout }: Props) {
  const id = useId();
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <div className="grid min-w-0 gap-1">
        <label htmlFor={`${id}i`}>Pushed</label>
        <select
          id={`${id}i`}
          value={interval}
          onChange={(event) => onInterval(Number(event.target.value))}
        >
          {INTERVALS.map((seconds) => (
            <option key={seconds} value={seconds}>
              {seconds === 0 ? "at once" : `every ${formatSpan(seconds)}`}
            </option>
          ))}
        </select>
      </div>
      <div className="grid min-w-0 gap-1">
        <label htmlFor={`${id}t`}>Days listed at most</label>
        <input
          id={`${id}t`}
          type="number"
          className="w-full min-w-0"
          min={1}
          placeholder="no limit"
          value={ttlDays}
          onChange={(event) => onTtlDays(event.target.value)}
        />
      </div>
      <div className="grid min-w-0 gap-1">
        <label htmlFor={`${id}h`}>Held out, %</label>
        <input
          id={`${id}h`}
          type="number"
          className="w-full min-w-0"
          min={0}
          max={50}
          value={holdout}
          onChange={(event) => onHoldout(event.target.valueAsNumber || 0)}
        />
      </div>
    </div>
  );
}
