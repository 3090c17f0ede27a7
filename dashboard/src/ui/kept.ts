// Small choices of how the page looks, kept in this browser: the sidebar, the theme, the keys.
import { useSyncExternalStore } from "react";

const PREFIX = "stratum.";
const listeners = new Set<() => void>();

function read(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** Keep a choice. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // a browser that keeps nothing: the choice holds until the page is left
  }
  for (const listener of listeners) listener();
}

/** A choice that was kept, or what is usual. Never personal data: see `sessionStorage` for the rest. */
export function useKept(name: string, usual: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => read(name) ?? usual,
  );
  return [value, (next) => keep(name, next)];
}
