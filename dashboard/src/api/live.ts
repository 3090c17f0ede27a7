// The one live connection of this tab: server-sent events that say what to read again.
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { renew } from "./news";
import type { Schemas } from "./schemas";

const TOPICS = [
  "statistics",
  "readings",
  "decisions",
  "pushes",
  "alerts",
  "sweeps",
  "commands",
  "events",
] as const;
/** What the live feed can tell of. */
export type Topic = (typeof TOPICS)[number];

/** Whether the feed is open: `off` is polled instead. */
export type LiveState = "opening" | "live" | "off";

/** The paths that a topic's news make stale. */
const STALE: Record<Topic, readonly string[]> = {
  statistics: ["/cdp/statistics", "/cdp/lag"],
  readings: ["/cdp/signals", "/cdp/audience-sync/audiences/{id}/gate", "/cdp/gate/audiences"],
  decisions: ["/cdp/decisions", "/cdp/audience-sync", "/cdp/gate"],
  pushes: ["/cdp/pushes", "/cdp/audience-sync", "/cdp/statistics/pushes"],
  alerts: ["/cdp/alerts"],
  sweeps: ["/cdp/sweeps", "/cdp/segments"],
  commands: ["/cdp/commands", "/cdp/profiles", "/cdp/merges"],
  events: [],
};
/** What is too much to be read again with every message: it has a pace of its own. */
const OWN_PACE: readonly string[] = ["/cdp/statistics/hours"];
const LEAST_MS = 1_000;
const HIDDEN_MS = 60_000;
const AGAIN_MS = 10_000;

let state: LiveState = "opening";
const stateListeners = new Set<() => void>();
const messageListeners = new Map<Topic, Set<(message: unknown) => void>>();

function become(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const listener of stateListeners) listener();
}

function subscribe(listener: () => void): () => void {
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

/** The live connection's state. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribe, () => state);
}

/** Whether a topic comes by itself now; false without a topic. */
export function useLiveTopic(topic: Topic | undefined): boolean {
  return useLiveState() === "live" && topic !== undefined;
}

/** Hear every message of a topic while a component is shown; null where some were left out. */
export function useLiveMessages(topic: Topic, hear: (message: unknown) => void): void {
  useEffect(() => {
    const listeners = messageListeners.get(topic) ?? new Set();
    messageListeners.set(topic, listeners);
    listeners.add(hear);
    return () => {
      listeners.delete(hear);
    };
  }, [topic, hear]);
}

/** Keep the live connection open while the page is shown; used once, by the frame. */
export function useLiveConnection(isWanted: boolean): void {
  const queries = useQueryClient();
  useEffect(() => (isWanted ? connect(queries) : undefined), [queries, isWanted]);
}

function connect(queries: QueryClient): () => void {
  let source: EventSource | null = null;
  let hidden: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  const later = new Map<Topic, ReturnType<typeof setTimeout>>();
  const last = new Map<Topic, number>();

  const tell = (topic: Topic) => {
    if (later.has(topic) || STALE[topic].length === 0) return;
    const wait = Math.max(0, (last.get(topic) ?? 0) + LEAST_MS - performance.now());
    later.set(
      topic,
      setTimeout(() => {
        later.delete(topic);
        last.set(topic, performance.now());
        renew(queries, STALE[topic], OWN_PACE);
      }, wait),
    );
  };
  const missed = (topic: Topic) => {
    for (const hear of messageListeners.get(topic) ?? []) hear(null);
    tell(topic);
  };
  const open = () => {
    clearTimeout(again);
    if (source !== null) return;
    source = new EventSource(`/cdp/live?topics=${TOPICS.join(",")}`);
    source.addEventListener("open", () => {
      // What came while it was closed is told by nobody any more.
      if (state === "off") for (const topic of TOPICS) missed(topic);
      become("live");
    });
    source.addEventListener("gap", (event) => {
      const { topics }: Schemas["LiveGap"] = JSON.parse((event as MessageEvent<string>).data);
      for (const topic of TOPICS) if (topics.includes(topic)) missed(topic);
    });
    source.addEventListener("error", () => {
      become("off");
      if (source?.readyState === EventSource.CLOSED) {
        close();
        again = setTimeout(open, AGAIN_MS);
      }
    });
    for (const topic of TOPICS) {
      source.addEventListener(NAMES[topic], (event) => {
        const message: unknown = JSON.parse((event as MessageEvent<string>).data);
        for (const hear of messageListeners.get(topic) ?? []) hear(message);
        tell(topic);
      });
    }
  };
  const close = () => {
    source?.close();
    source = null;
  };
  const onVisibility = () => {
    clearTimeout(hidden);
    if (document.visibilityState === "visible") open();
    else
      hidden = setTimeout(() => {
        close();
        become("off");
      }, HIDDEN_MS);
  };

  open();
  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    clearTimeout(hidden);
    clearTimeout(again);
    for (const timer of later.values()) clearTimeout(timer);
    close();
    become("opening");
  };
}

/** Names of the feed's events by topic. */
const NAMES: Record<Topic, string> = {
  statistics: "statistics",
  readings: "reading",
  decisions: "decision",
  pushes: "push",
  alerts: "alert",
  sweeps: "sweep",
  commands: "command",
  events: "events",
};
