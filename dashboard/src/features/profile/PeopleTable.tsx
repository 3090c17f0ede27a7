// The table of people.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { formatMoney } from "@/lib/money";
import { formatCount } from "@/lib/number";
import { Mask } from "@/ui/Mask";
import type { More } from "@/ui/LoadMore";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { whoOf } from "./people";

type Person = Schemas["ProfileSummary"];

interface Props {
  readonly caption: string;
  readonly people: readonly Person[];
  readonly open: string | undefined;
  readonly more?: More | undefined;
}

/** People; the first cell opens one over the list. */
export function PeopleTable({ caption, people, open, more }: Props) {
  return (
    <Table<Person>
      caption={caption}
      rows={people}
      keyOf={(person) => person.id}
      isCurrent={(person) => person.id === open}
      more={more}
      columns={[
        { name: "who", cell: (person) => <Who person={person} /> },
        { name: "stage", cell: (person) => person.stage },
        { name: "last seen", cell: (person) => <Time at={person.last_seen_at} /> },
        {
          name: "events",
          isNumber: true,
          from: "sm",
          cell: (person) => formatCount(person.events),
        },
        {
          name: "orders",
          isNumber: true,
          from: "sm",
          cell: (person) => formatCount(person.orders),
        },
        {
          name: "revenue",
          isNumber: true,
          from: "md",
          cell: (person) => <Revenue revenue={person.revenue} />,
        },
        { name: "segments", from: "lg", cell: (person) => <Segments of={person.segments} /> },
      ]}
    />
  );
}

function Who({ person }: { readonly person: Person }) {
  const who = whoOf(person.identifiers);
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <Link
        to="."
        search={((earlier: object) => ({ ...earlier, open: person.id })) as never}
        resetScroll={false}
        className="inline-flex min-h-6 items-center"
      >
        {who === undefined ? "nobody named" : <Mask value={who.value} />}
      </Link>
      <span className="text-note text-quiet">{who?.kind}</span>
    </span>
  );
}

/** Purchases in each currency. */
export function Revenue({ revenue }: { readonly revenue: Person["revenue"] }) {
  if (revenue.length === 0) return <span className="text-quiet">none</span>;
  return (
    <ul>
      {revenue.map((money) => (
        <li key={money.currency} className="whitespace-nowrap">
          {formatMoney(money.amount, money.currency)}
        </li>
      ))}
    </ul>
  );
}

const SHOWN = 2;

function Segments({ of }: { readonly of: Person["segments"] }) {
  if (of.length === 0) return <span className="text-quiet">none</span>;
  const names = of.map((segment) => segment.name);
  const more = names.length - SHOWN;
  return (
    <span title={names.join(", ")}>
      {names.slice(0, SHOWN).join(", ")}
      {more > 0 && ` and ${formatCount(more)} more`}
    </span>
  );
}
