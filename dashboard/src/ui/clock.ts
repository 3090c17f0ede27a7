// The page's clock: one timer for everything that shows an age.
import { useSyncExternalStore } from "react";

const TICK_MS = 1_000;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** What depends on the current instant; what uses it is drawn again when that is another. */
export function useClock<T extends string | number | boolean>(of: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => of(now));
}

/** The current instant in milliseconds; what uses it is drawn again every second. */
export function useNow(): number {
  return useClock((at) => at);
}

/** The current instant in whole minutes: for ranges, which need no second. */
export function useMinute(): number {
  return useClock((at) => Math.floor(at / 60_000) * 60_000);
}
