// The list of people: search, filters, and one of them open over it.
import { useState } from "react";
import { useSearchProfiles } from "@/api/cdp";
import { formatEstimate, plural } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { MaskSwitch } from "@/ui/Mask";
import { Page } from "@/ui/Page";
import { rowsOf } from "@/ui/Table";
import type { ProfileSearch } from "./address";
import { useProfileAddress } from "./addressing";
import { Filters } from "./Filters";
import { Lookup } from "./Lookup";
import { OpenPerson } from "./OpenPerson";
import { filtersOf, queryOf } from "./people";
import { PeopleTable } from "./PeopleTable";
import { SearchBox } from "./SearchBox";

const NO_FILTER: ProfileSearch = {
  search: undefined,
  stage: undefined,
  segment: undefined,
  consent: undefined,
  seen: undefined,
};

/** Everybody whom filters and search leave. */
export function ProfileList() {
  const [search, change] = useProfileAddress();
  const [now] = useState(() => Date.now());
  const people = useSearchProfiles({ params: { query: queryOf(search, now) } });
  const clear = () => change(NO_FILTER, { isStep: true });
  return (
    <Page title="Profiles" lead="Who is this, and what do we know of them?" acts={<MaskSwitch />}>
      <Card title="Find">
        <div className="grid gap-3">
          <SearchBox
            key={search.search ?? ""}
            search={search.search}
            onSearch={(text) => change({ search: text }, { isStep: true })}
          />
          <Filters search={search} onChange={(next) => change(next)} />
        </div>
      </Card>
      <Card
        title="People"
        aside={
          <Total total={people.data?.pages[0]?.total} isSearch={search.search !== undefined} />
        }
      >
        <Answer
          asked={people}
          name="people"
          height="24rem"
          oldAfterS={600}
          empty={(data) =>
            rowsOf(data).length === 0 && !people.hasNextPage ? (
              <Nobody search={search} onClear={clear} />
            ) : undefined
          }
        >
          {(data) => (
            <PeopleTable caption="People" people={rowsOf(data)} open={search.open} more={people} />
          )}
        </Answer>
      </Card>
      <OpenPerson people={rowsOf(people.data)} more={people} />
    </Page>
  );
}

interface TotalProps {
  readonly total: { readonly value: number; readonly exact: boolean } | null | undefined;
  readonly isSearch: boolean;
}

/** A search counts identifiers, of which one person may have several. */
function Total({ total, isSearch }: TotalProps) {
  if (total === null || total === undefined) return null;
  return (
    <span className="text-quiet">
      {formatEstimate(total.value, total.exact)}{" "}
      {isSearch ? (total.value === 1 ? "identifier" : "identifiers") : ""}
    </span>
  );
}

interface NobodyProps {
  readonly search: ProfileSearch;
  readonly onClear: () => void;
}

function Nobody({ search, onClear }: NobodyProps) {
  const filters = filtersOf(search);
  if (search.search !== undefined)
    return (
      <Lookup text={search.search} isFiltered={filters > 0} open={search.open} onClear={onClear} />
    );
  if (filters > 0)
    return (
      <Empty title={`No profile matches ${plural(filters, "filter", "filters")}`}>
        <button type="button" className="min-h-6 underline" onClick={onClear}>
          Clear filters
        </button>
      </Empty>
    );
  return (
    <Empty title="Nobody yet">
      People appear here as soon as a source sends an event that names an identifier. Settings say
      how to send one.
    </Empty>
  );
}
