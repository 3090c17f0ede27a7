// The slider over the instants at which the person's picture changed, and "play".
import { useState } from "react";
import { formatInstant } from "@/lib/time";
import { Button } from "@/ui/Button";
import { useTicking } from "@/ui/ticking";
import { useZone } from "@/ui/zone";

/** How long a stop stays while it plays. */
const STEP_MS = 1_000;

interface Props {
  readonly moments: readonly number[];
  /** Where the slider stands; null is now. */
  readonly at: number | null;
  readonly onAt: (at: number | null) => void;
}

/** One stop per change, and "now" at the end. */
export function TimeSlider({ moments, at, onAt }: Props) {
  const zone = useZone();
  const [isPlaying, setPlaying] = useState(false);
  const last = moments.length;
  const before = at === null ? last : moments.findLastIndex((moment) => moment <= at);
  const place = Math.max(0, before);
  const words = (index: number) => {
    const moment = moments[index];
    return moment === undefined ? "now" : formatInstant(new Date(moment).toISOString(), zone);
  };
  const go = (index: number) => onAt(moments[index] ?? null);
  useTicking(isPlaying ? STEP_MS : null, () => {
    go(place + 1);
    if (place + 1 >= last) setPlaying(false);
  });
  return (
    <div className="flex flex-wrap items-center gap-3">
      <label className="flex min-w-60 flex-1 items-center gap-2">
        At
        <input
          type="range"
          min={0}
          max={last}
          value={place}
          aria-valuetext={words(place)}
          onChange={(event) => {
            setPlaying(false);
            go(Number(event.target.value));
          }}
          className="min-w-0 flex-1"
        />
      </label>
      <output className="min-w-52 text-table text-quiet">{words(place)}</output>
      <Button
        refusal={last === 0 ? "There is nothing to play." : undefined}
        aria-pressed={isPlaying}
        onClick={() => {
          if (!isPlaying && place >= last) go(0);
          setPlaying(!isPlaying);
        }}
      >
        {isPlaying ? "Pause" : "Play"}
      </Button>
    </div>
  );
}
