// What somebody on this page did, by the paths that it changed: they want to see it at once.
import { useSyncExternalStore } from "react";
import { isBelow } from "./queries";

const acted = new Map<string, number>();
const listeners = new Set<() => void>();

/** Remember that somebody here changed what these paths list. */
export function actOn(stale: readonly string[]): void {
  for (const path of stale) acted.set(path, (acted.get(path) ?? 0) + 1);
  for (const listener of listeners) listener();
}

/** How often somebody here changed what a path lists. */
export function useActs(path: string): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => [...acted].reduce((sum, [stale, count]) => sum + (isBelow([stale], path) ? count : 0), 0),
  );
}
