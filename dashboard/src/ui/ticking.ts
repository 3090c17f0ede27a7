// Doing something again and again while it is switched on.
import { useEffect, useEffectEvent } from "react";

/** Call `act` every so many milliseconds; null switches it off. */
export function useTicking(everyMs: number | null, act: () => void): void {
  const tick = useEffectEvent(act);
  useEffect(() => {
    if (everyMs === null) return;
    const timer = setInterval(() => tick(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
