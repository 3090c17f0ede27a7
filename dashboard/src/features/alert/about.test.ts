import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aboutOf, type About } from "./about";

const names = {
  signal: (id: string) => (id === "source:2" ? "app (source:2)" : id),
  destination: (id: string) => (id === "meta:1" ? "Regulars (meta:1)" : id),
};

test.each([
  ["signal:source:2", { words: "signal app (source:2)", signal: "source:2" }],
  [
    "anomaly:source:2:order_value:EUR",
    { words: "order value in EUR of app (source:2)", signal: "source:2" },
  ],
  [
    "anomaly:platform:meta:latency_ms",
    { words: "latency of platform:meta", signal: "platform:meta" },
  ],
  ["gate:meta:1", { words: "gate of Regulars (meta:1)", audience: "1" }],
  ["push:meta:1", { words: "push of Regulars (meta:1)", audience: "1" }],
  ["withdrawal:meta", { words: "withdrawals at meta", page: "/cdp/audience-sync" }],
  ["dead_letters", { words: "records that could not be processed", page: "/operate/dead-letters" }],
  ["commands", { words: "commands that were not carried out", page: "/operate/dead-letters" }],
  ["partition:stratum:3", { words: "partition 3 of the event log", page: "/operate/lag" }],
  ["log:log_behind", { words: "the event log: log behind", page: "/operate/lag" }],
  ["many:gate", { words: "many of the kind gate at once" }],
  ["signals:unread", { words: "signals that nobody reads" }],
  ["resting", { words: "resting" }],
  ["of_a_later_version", { words: "of a later version" }],
])("%s is shown in words, with the page that it has", (key, about) => {
  expect(aboutOf(key, names)).toEqual(about);
});

/** Where the page of an alert links to; without a page it stays among the alerts. */
function pageOf({ signal, audience, page }: About): string {
  if (signal !== undefined) return `trust/signals/${signal}`;
  if (audience !== undefined) return `cdp/audience-sync/${audience}`;
  return page?.slice(1) ?? "trust/alerts";
}

const PAGES = join(import.meta.dirname, "../../../../tests/golden/alerts/pages.json");

test.each(Object.entries(JSON.parse(readFileSync(PAGES, "utf8")) as Record<string, string>))(
  "%s has the page that notices link to",
  (key, page) => {
    expect(pageOf(aboutOf(key, names))).toBe(page);
  },
);
