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
  { what: "Every event as it was received", path: "/cdp/profiles/{id}/events" },
  { what: "Identifiers, and what links them", path: "/cdp/profiles/{id}/graph" },
  { what: "Merges, splits and who ordered them", path: "/cdp/profiles/{id}/merges" },
  { what: "Lists of ad platforms that it is on, and why", path: "/cdp/profiles/{id}/audiences" },
  { what: "What changed between two instants", path: "/cdp/profiles/{id}/changes" },
];

/** How a person is erased: what each command is for. */
export const ERASING: readonly Held[] = [
  { what: "What would go, and where", path: "stratum privacy preview email=mary@example.com" },
  {
    what: "Erase, and wait until every platform has confirmed",
    path: 'stratum privacy erase email=mary@example.com --reason "case 114" --wait',
  },
  { what: "The register: what is due, what is outstanding", path: "stratum privacy requests" },
  { what: "The receipt of a request", path: "stratum privacy receipt 1 --out receipt.json" },
  { what: "Whether a receipt holds", path: "stratum privacy verify receipt.json" },
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
