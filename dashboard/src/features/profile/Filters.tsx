// Filters and order of the list of people, kept in the address.
import { useSegments } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { Choice } from "@/ui/Choice";
import { SEEN, SORTS, STAGES, type ProfileSearch } from "./address";
import { usePurposes } from "./purposes";

interface Props {
  readonly search: ProfileSearch;
  readonly onChange: (next: ProfileSearch) => void;
}

const SORT_WORDS = { last_seen: "last seen", first_seen: "first seen" } as const;

/** Stage, last seen, segment, consent; and by what the list is ordered. */
export function Filters({ search, onChange }: Props) {
  const segments = useEvery(useSegments({ params: { query: { limit: 200 } } }));
  const inUse = segments.rows.filter((segment) => segment.status !== "draft");
  const [asked = ""] = search.consent?.split(/:(?=refused$|unstated$)/) ?? [];
  const purposes = usePurposes([asked]);
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-2">
      <Choice
        label="Stage"
        value={search.stage}
        options={STAGES.map((stage) => [stage, stage])}
        onChange={(value) => onChange({ stage: STAGES.find((stage) => stage === value) })}
      />
      <Choice
        label="Seen within"
        value={search.seen}
        any="any time"
        options={Object.entries(SEEN).map(([name, days]) => [
          name,
          days === 1 ? "24 hours" : `${days} days`,
        ])}
        onChange={(value) => onChange({ seen: seenOf(value) })}
      />
      <Choice
        label="Segment"
        value={search.segment?.toString()}
        isCut={segments.isCut}
        options={inUse.map((segment) => [String(segment.id), segment.name])}
        onChange={(value) => onChange({ segment: value === undefined ? undefined : Number(value) })}
      />
      <Choice
        label="Consent"
        value={search.consent}
        options={purposes.flatMap((purpose) => [
          [purpose, `${purpose}: granted`] as const,
          [`${purpose}:refused`, `${purpose}: refused`] as const,
          [`${purpose}:unstated`, `${purpose}: never stated`] as const,
        ])}
        onChange={(consent) => onChange({ consent })}
      />
      <Choice
        label="Newest first by"
        value={search.sort}
        any={search.search === undefined ? "no order" : "identifier"}
        options={SORTS.map((sort) => [sort, SORT_WORDS[sort]])}
        onChange={(value) => onChange({ sort: SORTS.find((sort) => sort === value) })}
      />
    </div>
  );
}

function seenOf(value: string | undefined): ProfileSearch["seen"] {
  return (Object.keys(SEEN) as (keyof typeof SEEN)[]).find((name) => name === value);
}
