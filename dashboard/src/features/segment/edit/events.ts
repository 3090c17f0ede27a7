// The events that a rule speaks of, so that their properties can be offered.
import { placed } from "@/rule/path";
import type { EventFilter, Rule } from "@/rule/types";

/** Events whose properties are asked for at most. */
const MOST = 12;

/** Each event filter of a rule. */
export function filtersOf(rule: Rule): EventFilter[] {
  const found = placed(rule).flatMap(({ node }) => {
    if (node.type === "event") return [node.event];
    if (node.type !== "sequence") return [];
    return node.steps.flatMap((step) => [step.event, ...(step.without ?? [])]);
  });
  return found.slice(0, MOST);
}
