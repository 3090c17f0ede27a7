// One person as an unmerge would leave them: a card to lay beside the other's.
import type { Schemas } from "@/api/schemas";
import { formatMoney } from "@/lib/money";
import { formatCount } from "@/lib/number";
import { Mask } from "@/ui/Mask";

interface Props {
  readonly person: Schemas["UnmergedPerson"];
  /** Whether this person keeps the id. */
  readonly isSame: boolean;
}

/** Identifiers, figures, segments entered and left, audiences left. */
export function PartCard({ person, isSame }: Props) {
  const turns = person.segments.filter((segment) => segment.before !== segment.after);
  const leaves = person.audiences.filter((audience) => audience.leaves);
  return (
    <section className="rounded-card border border-line p-3">
      <h3>{isSame ? "Keeps this profile" : "A profile of their own"}</h3>
      <ul>
        {person.identifiers.map((identifier) => (
          <li key={identifier.key}>
            {identifier.kind} <Mask value={identifier.value} />
          </li>
        ))}
      </ul>
      <dl className="mt-2 grid grid-cols-2 gap-x-3">
        <dt className="text-quiet">events</dt>
        <dd>{formatCount(person.events)}</dd>
        <dt className="text-quiet">orders</dt>
        <dd>{formatCount(person.orders)}</dd>
        <dt className="text-quiet">revenue</dt>
        <dd>
          {person.revenue.map((sum) => formatMoney(sum.amount, sum.currency)).join(", ") || "none"}
        </dd>
        <dt className="text-quiet">stage</dt>
        <dd>{person.stage}</dd>
      </dl>
      <ul className="mt-2">
        {turns.map((segment) => (
          <li key={segment.id}>
            {segment.after ? "+ enters" : "− leaves"} segment {segment.name}
          </li>
        ))}
        {leaves.map((audience) => (
          <li key={audience.id}>
            − leaves audience {audience.name} on {audience.platform}
          </li>
        ))}
        {turns.length + leaves.length === 0 && (
          <li className="text-quiet">No segment or audience changes.</li>
        )}
      </ul>
    </section>
  );
}
