// The event volumes of the last day, asked for once by all who show a part of them.
import { useEventStatistics } from "@/api/cdp";
import { dayNumber, startOfDay } from "@/chart/zone";
import { DAY, MINUTE } from "@/lib/time";
import { useMinute } from "@/ui/clock";
import { useZone } from "@/ui/zone";

/** Volumes by the hour since a day ago, or since midnight where that day is longer. */
export function useDay() {
  const minute = useMinute();
  const zone = useZone();
  const until = minute + MINUTE;
  const since = until - DAY;
  const midnight = startOfDay(dayNumber(minute, zone), zone);
  const trends = useEventStatistics({
    params: {
      query: {
        since: new Date(Math.min(since, midnight)).toISOString(),
        until: new Date(until).toISOString(),
        step: "hour",
      },
    },
  });
  return { since, until, midnight, zone, trends };
}
