// What the workspace says of every page: its time zone, and when a reading counts as stale.
import { createContext, useContext } from "react";
import { lastOf } from "@/lib/signals";
import { useClock } from "./clock";

export const ZoneContext = createContext("UTC");
export const StaleContext = createContext<number | null>(null);

/** The time zone of the workspace, as IANA names it. */
export function useZone(): string {
  return useContext(ZoneContext);
}

/** Seconds after which a reading says nothing about now; null while that is not known. */
export function useStaleAfter(): number | null {
  return useContext(StaleContext);
}

/** Whether what was read then is too old by now: between two answers of the API readings age. */
export function useStale(readAt: string | null | undefined): boolean {
  const after = useStaleAfter();
  return useClock((now) => now > lastOf(readAt, after));
}
