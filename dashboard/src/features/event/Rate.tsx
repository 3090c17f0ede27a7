// How many events the last whole minute brought.
import { useProfileStatistics } from "@/api/cdp";
import { formatCount } from "@/lib/number";
import { MINUTE } from "@/lib/time";
import { useMinute } from "@/ui/clock";

/** "accepted 1,134/min": of the last minute that is over; a minute that is not listed had none. */
export function Rate() {
  const statistics = useProfileStatistics().data;
  const minute = useMinute();
  if (statistics === undefined) return null;
  const last = minute - MINUTE;
  const found = statistics.throughput.find(({ minute_at }) => Date.parse(minute_at) === last);
  const isCovered = Date.parse(statistics.as_of) >= minute;
  if (found === undefined && !isCovered) return <span className="text-quiet">accepted –/min</span>;
  return (
    <span className="text-quiet">
      accepted {formatCount(found?.accepted ?? 0)}/min
      {(found?.rejected ?? 0) > 0 && `, rejected ${formatCount(found?.rejected ?? 0)}`}
    </span>
  );
}
