// Who is logged in on this page, and the wait for a new login where one has ended.
import { useSyncExternalStore } from "react";

let waiting: { promise: Promise<void>; resolve: () => void } | null = null;
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Wait until somebody has logged in again; all requests that failed meanwhile share the wait. */
export function waitForLogin(): Promise<void> {
  if (waiting === null) {
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    waiting = { promise, resolve };
    tell();
  }
  return waiting.promise;
}

/** Whether requests wait for a login. */
export function areWaiting(): boolean {
  return waiting !== null;
}

/** Let the waiting requests go on: there is a login again. */
export function loggedIn(): void {
  const ended = waiting;
  waiting = null;
  ended?.resolve();
  tell();
}

/** Whether requests wait for a login. */
export function useLoginEnded(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting !== null,
  );
}

/** The key in the address's fragment, which no server sees; it is removed from address and history. */
export function takeKeyFromAddress(): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return key;
}
