// The grid: buyers by recency and frequency score; a picked cell leads to a new segment.
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { Grid } from "@/chart/Grid";
import { formatCount, formatShare, plural } from "@/lib/number";
import { Answer, type Asked, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Time } from "@/ui/Time";
import { type Cell, cellOf, cellRule, SCORES } from "./scores";

type Distribution = Schemas["RfmDistributionView"];
type Props = { readonly spread: Asked<Distribution> };

const route = getRouteApi("/frame/insight/rfm");
const RECENCY = ["5 newest", "4", "3", "2", "1 oldest"];
const FREQUENCY = ["1", "2", "3", "4", "5 most"];

/** What stands where there are no scores; undefined where there are some. */
export function noScores({ version, taken_at, population }: Distribution) {
  if (version === 0)
    return (
      <Empty title="RFM is not defined">
        Say which events are purchases and how far back they count; scores follow from the quintiles
        of your own buyers.
      </Empty>
    );
  if (taken_at === null)
    return (
      <Empty title="No scores yet">
        The bounds of the new definition have not been taken. They follow when everybody's purchases
        have been read.
      </Empty>
    );
  if (population === 0)
    return <Empty title="Nobody bought">No person has a purchase within the look-back.</Empty>;
  return undefined;
}

/** The card with the grid. */
export function Spread({ spread }: Props) {
  return (
    <Card title="Buyers by recency and frequency">
      <Answer asked={spread} name="RFM distribution" height="22rem" empty={noScores}>
        {(data) => <Cells data={data} />}
      </Answer>
    </Card>
  );
}

function Cells({ data }: { readonly data: Distribution }) {
  const { cell } = route.useSearch();
  const navigate = route.useNavigate();
  const picked = cellOf(cell);
  const peopleAt = (recency: number, frequency: number) =>
    data.grid[recency - 1]?.[frequency - 1] ?? null;
  const share = (people: number | null) =>
    people === null ? "–" : formatShare(people / data.population);
  return (
    <div className="grid gap-3">
      <div className="max-w-3xl">
        <Grid
          title="Buyers per pair of scores"
          summary={`${plural(data.population, "buyer", "buyers")}. 5 is the best fifth, 1 the lowest.`}
          rows={RECENCY}
          columns={FREQUENCY}
          rowScale="Recency"
          columnScale="Frequency"
          valueAt={(row, column) => peopleAt(SCORES[row] ?? 0, column + 1)}
          noteAt={(row, column) =>
            share(peopleAt(SCORES[row] ?? 0, column + 1)).replaceAll(" ", "\u00a0")
          }
          format={formatCount}
          isPicked={(row, column) =>
            picked?.recency === SCORES[row] && picked?.frequency === column + 1
          }
          onPick={(row, column) => {
            const next = `${SCORES[row] ?? 1}-${column + 1}`;
            void navigate({
              search: (earlier) => ({ ...earlier, cell: next === cell ? undefined : next }),
              replace: true,
            });
          }}
        />
      </div>
      <p role="status">
        {picked === null ? (
          <span className="text-quiet">Pick a cell to make a segment of its people.</span>
        ) : (
          <Picked
            cell={picked}
            text={`${plural(peopleAt(picked.recency, picked.frequency) ?? 0, "person", "people")}, ${share(peopleAt(picked.recency, picked.frequency))}`}
          />
        )}
      </p>
      <p className="text-note text-quiet">
        Scores as of <Time at={data.taken_at} />, by version {data.version} of the definition.
      </p>
    </div>
  );
}

function Picked({ cell, text }: { readonly cell: Cell; readonly text: string }) {
  return (
    <>
      Recency {cell.recency}, frequency {cell.frequency}: {text}.{" "}
      <Link to="/cdp/segments/new" search={{ rule: JSON.stringify(cellRule(cell)) }}>
        New segment of them
      </Link>
    </>
  );
}
