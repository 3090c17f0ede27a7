// What is held of a person, and the endpoints that it is read from.
import { plural } from "@/lib/number";

/** One part of it. */
export interface Held {
  readonly what: string;
  readonly path: string;
}

export const HELD: readonly Held[] = [
  { what: "Who it is: the id behind an identifier", path: "/cdp/profiles/lookup" },
  { what: "Traits, stage, orders, consent, segments", path: "/cdp/profiles/{id}" },
  {
    what: "Every statement of consent, and which one counts",
    path: "/cdp/profiles/{id}/consent/history",
  },
  { what: "Every event as it was received", path: "/cdp/profiles/{id}/events" },
  { what: "Identifiers, and what links them", path: "/cdp/profiles/{id}/graph" },
  { what: "Merges, splits and who ordered them", path: "/cdp/profiles/{id}/merges" },
  { what: "Lists of ad platforms that it is on, and why", path: "/cdp/profiles/{id}/audiences" },
  { what: "What changed between two instants", path: "/cdp/profiles/{id}/changes" },
];

/**
 * How many removals wait for a platform, in words.
 *
 * "None waits" is said only of all audiences: some that were not read yet tell nothing.
 */
export function waitingWords(leaving: number, isWhole: boolean): string {
  if (leaving === 0)
    return isWhole
      ? "No removal waits for a platform now."
      : "No removal waits for a platform in the audiences read so far.";
  const many = plural(leaving, "removal waits", "removals wait");
  return `${isWhole ? "" : "At least "}${many} until the platform confirms.`;
}
