// An instant: relative to now, with the full instant in the workspace's zone and UTC on hover and focus.
import { formatClock, formatInstant, formatRelative } from "@/lib/time";
import { useNow } from "./clock";
import { useZone } from "./zone";

interface Props {
  /** ISO 8601; null where there is none. */
  readonly at: string | null | undefined;
  /** "relative" says how long ago, "clock" the time of day. */
  readonly form?: "relative" | "clock";
  /** What stands where there is no instant. */
  readonly none?: string;
}

/** An instant in words. */
export function Time({ at, form = "relative", none = "never" }: Props) {
  const now = useNow();
  const zone = useZone();
  if (at === null || at === undefined) return <span className="text-quiet">{none}</span>;
  const full = `${formatInstant(at, zone)}${zone === "UTC" ? "" : ` · ${formatInstant(at, "UTC")}`}`;
  return (
    <time dateTime={at} title={full} className="whitespace-nowrap">
      {form === "relative" ? formatRelative(at, now) : formatClock(at, now, zone)}
    </time>
  );
}
