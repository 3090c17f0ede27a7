// Sweeps: walks over everybody after definitions changed, with their progress and their proof.
import { Link, getRouteApi } from "@tanstack/react-router";
import { useSegments, useSweeps } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { formatCount, plural } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { Icon } from "@/ui/Icon";
import { Progress } from "@/ui/Progress";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Sweep = Schemas["SweepView"];

const route = getRouteApi("/frame/operate/sweeps");

/** The list, newest first. */
export function SweepList() {
  const { status, segment } = route.useSearch();
  const navigate = route.useNavigate();
  const sweeps = useSweeps({
    params: {
      query: {
        limit: 50,
        ...(status === undefined ? {} : { status }),
        ...(segment === undefined ? {} : { segment }),
      },
    },
  });
  const { rows: segments, isCut } = useEvery(useSegments({ params: { query: { limit: 200 } } }));
  const names = new Map(segments.map(({ id, name }) => [id, name]));
  const offered = segments.map(({ id, name }) => [String(id), name] as const);
  const clear = () => void navigate({ search: {} });
  return (
    <Card title="Sweeps">
      <div className="mb-3 flex flex-wrap gap-x-4 gap-y-2">
        <Choice
          label="Status"
          value={status}
          options={[
            ["running", "running"],
            ["done", "done"],
          ]}
          onChange={(value) =>
            void navigate({
              search: (earlier) => ({
                ...earlier,
                status: value === "running" || value === "done" ? value : undefined,
              }),
            })
          }
        />
        <Choice
          label="Segment"
          isCut={isCut}
          value={segment === undefined ? undefined : String(segment)}
          options={
            segment === undefined || names.has(segment)
              ? offered
              : [[String(segment), `segment ${segment}`], ...offered]
          }
          onChange={(value) =>
            void navigate({
              search: (earlier) => ({
                ...earlier,
                segment: value === undefined ? undefined : Number(value),
              }),
            })
          }
        />
      </div>
      <Answer
        asked={sweeps}
        name="sweeps"
        height="12rem"
        empty={(data) =>
          rowsOf(data).length > 0 ? undefined : status === undefined && segment === undefined ? (
            <Empty title="No sweep yet">
              When a segment, a trait or the RFM definition is published, everybody is looked at
              once. How far that is stands here.
            </Empty>
          ) : (
            <Empty title="No sweep matches the filters">
              <Button onClick={clear}>Clear filters</Button>
            </Empty>
          )
        }
      >
        {(data) => (
          <Table<Sweep>
            caption="Sweeps, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.id}
            more={sweeps}
            columns={[
              { name: "sweep", cell: (row) => row.id },
              { name: "why", from: "sm", cell: (row) => row.reason },
              {
                name: "segments",
                from: "md",
                cell: (row) => <Segments ids={row.segments} names={names} />,
              },
              { name: "progress", cell: (row) => <HowFar sweep={row} /> },
              {
                name: "people written",
                isNumber: true,
                from: "md",
                cell: (row) => formatCount(row.changed),
              },
              { name: "proof", cell: (row) => <Proof sweep={row} /> },
              { name: "began", from: "lg", cell: (row) => <Time at={row.created_at} /> },
              {
                name: "ended",
                from: "lg",
                cell: (row) => <Time at={row.finished_at} none="under way" />,
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

function Segments({
  ids,
  names,
}: {
  readonly ids: readonly number[];
  readonly names: ReadonlyMap<number, string>;
}) {
  if (ids.length === 0) return <span className="text-quiet">none</span>;
  return (
    <>
      {ids.slice(0, 3).map((id, place) => (
        <span key={id}>
          {place > 0 && ", "}
          <Link to="/cdp/segments/$id" params={{ id: String(id) }}>
            {names.get(id) ?? `segment ${id}`}
          </Link>
        </span>
      ))}
      {ids.length > 3 && ` and ${formatCount(ids.length - 3)} more`}
    </>
  );
}

function HowFar({ sweep }: { readonly sweep: Sweep }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Progress label={`Sweep ${sweep.id}`} percent={sweep.percent} />
      <span>
        {Math.floor(sweep.percent)} %{" "}
        <span className="text-quiet">
          {formatCount(sweep.visited)} of {formatCount(sweep.people)}
        </span>
      </span>
    </span>
  );
}

function Proof({ sweep }: { readonly sweep: Sweep }) {
  if (sweep.stale === null)
    return (
      <span className="inline-flex items-baseline gap-1 [&>svg]:self-center text-unknown">
        <Icon name="ring" /> {sweep.status === "done" ? "not proved" : "at the end"}
      </span>
    );
  if (sweep.stale === 0)
    return (
      <span className="inline-flex items-baseline gap-1 [&>svg]:self-center text-healthy">
        <Icon name="check" /> nothing stale
      </span>
    );
  return (
    <span className="inline-flex items-baseline gap-1 [&>svg]:self-center text-unhealthy">
      <Icon name="square" /> {plural(sweep.stale, "stale membership", "stale memberships")}
    </span>
  );
}
