// Why members are left out of a push, in words.
import { formatEstimate } from "@/lib/number";

const REASONS: Record<string, string> = {
  no_consent: "without consent",
  no_identifier: "without a usable identifier",
};
const REFUSED = "refused:";

/** Those left out by reason, the most first: "12 without consent, 3 refused (invalid)"; or nobody. */
export function leftOut(skipped: Readonly<Record<string, number>>, exact = true): string {
  const words = Object.entries(skipped)
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${formatEstimate(count, exact)} ${inWords(reason)}`);
  return words.length === 0 ? "nobody" : words.join(", ");
}

function inWords(reason: string): string {
  if (reason.startsWith(REFUSED))
    return `refused by the platform (${reason.slice(REFUSED.length).replaceAll("_", " ")})`;
  return REASONS[reason] ?? reason.replaceAll("_", " ");
}
