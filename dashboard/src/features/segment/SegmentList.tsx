// The page of all segments: search, state, the list, and recipes to start from.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCreateSegment, useSegments } from "@/api/cdp";
import { RECIPES } from "@/rule/recipes";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { Page } from "@/ui/Page";
import { useRefusal } from "@/ui/scopes";
import { SearchField } from "@/ui/SearchField";
import { rowsOf } from "@/ui/Table";
import type { SegmentSearch } from "./address";
import { Recipes } from "./Recipes";
import { SegmentTable } from "./SegmentTable";

const route = getRouteApi("/frame/cdp/segments");
const STATUSES = [
  ["draft", "draft"],
  ["live", "live"],
  ["paused", "paused"],
] as const;

/** Segments. */
export function SegmentList() {
  const { search, status } = route.useSearch();
  const navigate = route.useNavigate();
  const create = useCreateSegment();
  const refusal = useRefusal(create.scopes);
  const segments = useSegments({
    params: { query: { search: search ?? null, status: status ?? null } },
  });
  const isFiltered = search !== undefined || status !== undefined;
  const go = (next: SegmentSearch) =>
    void navigate({ search: (earlier) => ({ ...earlier, ...next }), replace: true });
  return (
    <Page
      title="Segments"
      lead="Who is in, how it moves, and who follows."
      acts={
        <Button
          look="main"
          refusal={refusal}
          onClick={() => void navigate({ to: "/cdp/segments/new" })}
        >
          New segment
        </Button>
      }
    >
      <Card title="Segments" aside={<Filters search={search} status={status} onChange={go} />}>
        <Answer
          asked={segments}
          name="segments"
          height="16rem"
          empty={(data) => {
            if (rowsOf(data).length > 0) return undefined;
            return isFiltered ? (
              <NoMatch search={search} status={status} onClear={go} />
            ) : (
              <NoneYet />
            );
          }}
        >
          {(data) => <SegmentTable segments={rowsOf(data)} more={segments} />}
        </Answer>
      </Card>
      <Card title={`Start from one of ${RECIPES.length} recipes`}>
        <Recipes
          onTake={({ title }) =>
            void navigate({ to: "/cdp/segments/new", search: { recipe: title } })
          }
        />
      </Card>
    </Page>
  );
}

interface FilterProps {
  readonly search: string | undefined;
  readonly status: SegmentSearch["status"];
  readonly onChange: (next: SegmentSearch) => void;
}

function Filters({ search, status, onChange }: FilterProps) {
  return (
    <span className="flex flex-wrap items-center gap-3">
      <SearchField
        label="Name"
        className="w-44"
        value={search}
        onSearch={(text) => onChange({ search: text })}
      />
      <Choice
        label="State"
        value={status}
        options={STATUSES}
        onChange={(value) => onChange({ status: STATUSES.find(([name]) => name === value)?.[0] })}
      />
    </span>
  );
}

interface NoMatchProps extends Omit<FilterProps, "onChange"> {
  readonly onClear: (next: SegmentSearch) => void;
}

function NoMatch({ search, status, onClear }: NoMatchProps) {
  const said = [search === undefined ? null : `named like “${search}”`, status].filter(Boolean);
  return (
    <Empty title={`No segment is ${said.join(" and ")}.`}>
      <Button onClick={() => onClear({ search: undefined, status: undefined })}>
        Clear filters
      </Button>
    </Empty>
  );
}

function NoneYet() {
  return (
    <Empty title="No segment yet">
      A segment is a group of people who fit a rule. Members come and go by themselves as events
      arrive. <Link to="/cdp/segments/new">Write a rule</Link>, or start from a recipe below.
    </Empty>
  );
}
