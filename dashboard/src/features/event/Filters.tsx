// The page's filters: range, source, type and name, all of them in the address.
import { useEventNames, useSources } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { Button } from "@/ui/Button";
import { Choice } from "@/ui/Choice";
import { RangePicker } from "@/ui/RangePicker";
import { TYPES } from "./address";
import { useAskedEvents } from "./asked";

/** The row of filters. */
export function Filters() {
  const { search, range, change } = useAskedEvents();
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } }));
  const names = useEventNames({ params: { query: { limit: 200 } } }).data;
  const listed = (names?.items ?? [])
    .filter((each) => each.name !== "" && (search.type === undefined || each.type === search.type))
    .map((each) => each.name);
  const offered = [...new Set([...(search.name === undefined ? [] : [search.name]), ...listed])];
  const source = search.source === undefined ? undefined : String(search.source);
  const known = sources.rows.map((each) => [String(each.id), each.name] as const);
  const isOdd =
    source !== undefined && source !== "0" && !known.some(([value]) => value === source);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <RangePicker range={range} />
      <Choice
        label="Source"
        value={source}
        isCut={sources.isCut}
        options={[
          ...known,
          ["0", "operators' commands"],
          ...(isOdd ? [[source, `source ${source}`] as const] : []),
        ]}
        onChange={(value) => change({ source: value === undefined ? undefined : Number(value) })}
      />
      <Choice
        label="Type"
        value={search.type}
        options={TYPES.map((type) => [type, type])}
        onChange={(value) => change({ type: TYPES.find((type) => type === value) })}
      />
      <Choice
        label="Name"
        value={search.name}
        isCut={names !== undefined && names.next !== null}
        options={offered.map((name) => [name, name])}
        onChange={(name) => change({ name })}
      />
      {hasFilter(search) && (
        <Button onClick={() => change({ source: undefined, type: undefined, name: undefined })}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

/** Whether anything is filtered. */
export function hasFilter(search: {
  readonly source?: unknown;
  readonly type?: unknown;
  readonly name?: unknown;
}): boolean {
  return [search.source, search.type, search.name].some((value) => value !== undefined);
}
