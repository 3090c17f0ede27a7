// What the key of a condition is about, in words: "anomaly:source:2:order_value:EUR".
import { metricName } from "@/lib/metrics";

/** How signals and destinations are called by their ids. */
export interface Names {
  readonly signal: (id: string) => string;
  readonly destination: (id: string) => string;
}

/** A condition's key, taken apart. */
export interface About {
  readonly words: string;
  /** The signal that has a page. */
  readonly signal?: string;
  /** The audience that has a page. */
  readonly audience?: string;
  /** The page on which all of its kind are. */
  readonly page?: "/operate/dead-letters" | "/operate/lag" | "/cdp/audience-sync" | "/privacy";
}

const LETTERS: Readonly<Record<string, string>> = {
  dead_letters: "records that could not be processed",
  internal_errors: "records that broke the engine",
  commands: "commands that were not carried out",
};

const REQUESTS: Readonly<Record<string, string>> = {
  overdue: "privacy requests that are overdue",
  due: "privacy requests that are due soon",
  not_sent: "privacy requests that never reached the event log",
};

const SIGNAL = /^(?:source:\d+|platform:[a-z]+|conversions)$/;

/**
 * What a condition's key is about; one whose first part is not known here is shown in words.
 *
 * Pages are those of the links in notices (`sinks/alerts/links.py`).
 */
export function aboutOf(key: string, names: Names): About {
  const [kind = "", ...rest] = key.split(":");
  const of = rest.join(":");
  const letters = LETTERS[key];
  if (letters !== undefined) return { words: letters, page: "/operate/dead-letters" };
  if (key === "signals:unread") return { words: "signals that nobody reads" };
  const anomaly = /^(source:\d+|platform:[a-z]+|conversions):(.+)$/.exec(of);
  if (kind === "anomaly" && anomaly !== null) {
    const [, signal = "", metric = ""] = anomaly;
    return { words: `${metricName(metric)} of ${names.signal(signal)}`, signal };
  }
  if (kind === "signal") {
    const words = `signal ${names.signal(of)}`;
    return SIGNAL.test(of) ? { words, signal: of } : { words };
  }
  if (kind === "gate" || kind === "push") {
    const audience = /^[a-z]+:(\d+)$/.exec(of)?.[1];
    const words = `${kind} of ${names.destination(of)}`;
    return audience === undefined ? { words } : { words, audience };
  }
  if (kind === "withdrawal") return { words: `withdrawals at ${of}`, page: "/cdp/audience-sync" };
  if (kind === "privacy") return { words: REQUESTS[of] ?? "privacy requests", page: "/privacy" };
  if (kind === "partition")
    return { words: `partition ${rest.at(-1)} of the event log`, page: "/operate/lag" };
  if (kind === "log")
    return { words: `the event log: ${of.replaceAll("_", " ")}`, page: "/operate/lag" };
  if (kind === "many") return { words: `many of the kind ${of.replaceAll("_", " ")} at once` };
  return { words: key.replaceAll("_", " ") };
}
