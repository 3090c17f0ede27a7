// What was typed and is not saved yet, kept by this tab until it is.
import { useEffect } from "react";

const PREFIX = "stratum.typed.";

/** What was kept under a name; null where there is nothing. */
export function typedText(name: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + name);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** Keep a text under a name for this tab; null takes it away. */
export function keepTyped(name: string, text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, text);
  } catch {
    // a browser that keeps nothing: what was typed is there until the page is left
  }
}

/** Keep a text up to date; null where nothing is to be kept. */
export function useTypedKept(name: string, text: string | null): void {
  useEffect(() => keepTyped(name, text), [name, text]);
}
