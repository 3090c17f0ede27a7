// The rule as it stands for one person: what holds, what decides, which events count.
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { Icon } from "@/ui/Icon";
import { Time } from "@/ui/Time";

type Node = Schemas["RuleNodeView"];

interface Props {
  readonly node: Node;
  /** Whether the person is in: says what a deciding node does. */
  readonly isMember: boolean;
}

/** One node and those below it; nodes that decide come first. */
export function WhyTree({ node, isMember }: Props) {
  return (
    <ul className="grid gap-1">
      <Branch node={node} isMember={isMember} />
    </ul>
  );
}

function Branch({ node, isMember }: Props) {
  const below = node.of.toSorted((one, other) => Number(other.decides) - Number(one.decides));
  return (
    <li>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className={node.holds ? "text-healthy" : "text-unhealthy"}>
          <Icon name={node.holds ? "check" : "cross"} className="inline align-[-2px]" />
          <span className="sr-only">{node.holds ? "holds: " : "does not hold: "}</span>
        </span>
        <span className="min-w-0 break-words">{node.says}</span>
        {node.of.length === 0 && <Value value={node.value} />}
        {node.decides && node.of.length === 0 && (
          <b>← decides: this alone keeps them {isMember ? "in" : "out"}</b>
        )}
        {node.changes_at !== null && node.of.length === 0 && (
          <span className="text-quiet">
            may change <Time at={node.changes_at} />
          </span>
        )}
      </p>
      {node.events.length > 0 && <Events node={node} />}
      {below.length > 0 && (
        <ul className="mt-1 ml-2 grid gap-1 border-l border-line pl-4">
          {below.map((each, index) => (
            // A rule's nodes have no names; their order is the rule's.
            <Branch key={`${index} ${each.says}`} node={each} isMember={isMember} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Events({ node }: { readonly node: Node }) {
  const more = node.events_total - node.events.length;
  return (
    <ul className="ml-6 text-table text-quiet">
      {node.events.map((event) => (
        <li key={event.id}>
          {event.name || event.type} <Time at={event.occurred_at} form="clock" />
          {event.counts_until !== null && (
            <>
              , counts until <Time at={event.counts_until} form="clock" />
            </>
          )}
        </li>
      ))}
      {more > 0 && <li>and {plural(more, "other event", "other events")}</li>}
    </ul>
  );
}

function Value({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined)
    return <span className="text-quiet">(nothing known)</span>;
  return (
    <code className="break-all">{typeof value === "string" ? value : JSON.stringify(value)}</code>
  );
}
