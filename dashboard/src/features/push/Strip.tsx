// The strip above the decisions: verdicts over the range of the page.
import { useDecisions } from "@/api/cdp";
import { useWhole } from "@/api/whole";
import { Bars } from "@/chart/Bars";
import { plural } from "@/lib/number";
import { instantsOf } from "@/lib/range";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useMinute } from "@/ui/clock";
import { RangePicker } from "@/ui/RangePicker";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { useZone } from "@/ui/zone";
import { VERDICTS, type PushSearch } from "./address";
import { askedOf, shownRange } from "./asked";
import { barsOf, stepOf } from "./strip";

/** Pages of 200 decisions that are drawn at most. */
const MOST_PAGES = 5;

interface Props {
  readonly search: PushSearch;
  readonly onSearch: (search: PushSearch) => void;
}

/** The chart; a range that is dragged goes into the address. */
export function Strip({ search, onSearch }: Props) {
  const zone = useZone();
  const minute = useMinute();
  const asked = askedOf(search, minute);
  const decisions = useDecisions({ params: { query: { ...asked, limit: 200 } } });
  const { isCut } = useWhole(decisions, MOST_PAGES);
  const ends = instantsOf(shownRange(search), minute);
  const [since, until] = [Date.parse(ends.since), Date.parse(ends.until)];
  const rows = rowsOf(decisions.data);
  const oldest = decisions.hasNextPage ? rows.at(-1)?.decided_at : undefined;
  return (
    <Card title="Over time" aside={<RangePicker range={shownRange(search)} />}>
      <Answer asked={decisions} name="decisions over time" height="9rem">
        {() => (
          <>
            <Bars
              title="Decisions by verdict"
              summary={`${plural(rows.length, "decision", "decisions")}${decisions.hasNextPage ? " and more" : ""} in this range.`}
              zone={zone}
              since={since}
              until={until}
              step={stepOf(since, until)}
              height={120}
              names={VERDICTS}
              bars={barsOf(rows, since, until, oldest === undefined ? null : Date.parse(oldest))}
              onRange={(begin, end) =>
                onSearch({
                  ...search,
                  range: undefined,
                  since: new Date(begin).toISOString(),
                  until: new Date(end).toISOString(),
                })
              }
              onRangeBack={() => onSearch({ ...search, since: undefined, until: undefined })}
            />
            {isCut && oldest !== undefined && (
              <p className="mt-2 text-table text-quiet">
                Decisions before <Time at={oldest} form="clock" /> are not drawn: choose a shorter
                range.
              </p>
            )}
          </>
        )}
      </Answer>
    </Card>
  );
}
