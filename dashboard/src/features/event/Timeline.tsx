// The events as they arrive, newest first; the list stands still while somebody looks at a row.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useLiveState } from "@/api/live";
import { formatCount, plural } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { MaskSwitch } from "@/ui/Mask";
import { useNow } from "@/ui/clock";
import { useTicking } from "@/ui/ticking";
import { useAskedEvents } from "./asked";
import { EventRows } from "./EventRows";
import { unreadCount } from "./feed";
import { hasFilter } from "./Filters";
import { Rate } from "./Rate";
import { useFeed } from "./useFeed";

const FILLED = 20;
const FOLLOWED = 20;
const BETWEEN_MS = 200;

/** The list; other filters and another range begin it anew. */
export function Timeline() {
  const { search, range, since, until } = useAskedEvents();
  const { source, type, name } = search;
  const bounds = range.kind === "own" ? `${since} ${until}` : range.span;
  return <Rows key={JSON.stringify([source, type, name, bounds])} isLive={range.kind === "span"} />;
}

function Rows({ isLive }: { readonly isLive: boolean }) {
  const { search, since, until, change } = useAskedEvents();
  const [isPaused, setPaused] = useState(false);
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const isHeld = isPaused || isHovered || isFocused;
  const [begun] = useState(since);
  const { source, type, name } = search;
  const { feed, newest, older, failed, fill, show } = useFeed(
    {
      ...(source === undefined ? {} : { source }),
      ...(type === undefined ? {} : { type }),
      ...(name === undefined ? {} : { name }),
      since: begun,
      ...(isLive ? {} : { until }),
    },
    isHeld,
    isLive,
  );
  const looked = older.data?.pages.length ?? 0;
  const isFollowing =
    feed.rows.length < FILLED && older.hasNextPage && looked < FOLLOWED && !older.isError;
  useTicking(isFollowing ? BETWEEN_MS : null, () => {
    if (!older.isFetchingNextPage) void older.fetchNextPage();
  });
  return (
    <Card
      title="Timeline"
      aside={
        <span className="flex flex-wrap items-center gap-3">
          {isLive && <Rate />}
          {isLive && <Liveness isHeld={isHeld} />}
          {isLive && (
            <Button aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
              <Icon name="pause" /> Pause
            </Button>
          )}
          <MaskSwitch />
        </span>
      }
    >
      {feed.waiting.length > 0 && (
        <p className="mb-2">
          <Button look="main" onClick={show}>
            <Icon name="triangle" className="size-3" />
            {plural(feed.waiting.length, "new event", "new events")}
            {unreadCount(feed) > 0 && `, and about ${formatCount(unreadCount(feed))} more`}
          </Button>
        </p>
      )}
      <Answer
        asked={isLive ? newest : (older as unknown as typeof newest)}
        name="events"
        height="24rem"
        empty={() =>
          feed.rows.length > 0 ? undefined : isFollowing || older.isFetching ? (
            <p className="text-quiet" role="status">
              Looking further back…
            </p>
          ) : (
            <Nothing
              isFiltered={hasFilter(search)}
              further={older.hasNextPage ? () => void older.fetchNextPage() : undefined}
              clear={() => change({ source: undefined, type: undefined, name: undefined })}
            />
          )
        }
      >
        {() => (
          <div
            onPointerEnter={() => setHovered(true)}
            onPointerLeave={() => setHovered(false)}
            onFocus={() => setFocused(true)}
            onBlur={(event) => {
              if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
            }}
          >
            <EventRows
              feed={feed}
              more={feed.isTrimmed ? undefined : older}
              fill={fill}
              failed={failed}
            />
            {feed.isTrimmed && (
              <p className="mt-2 text-table text-quiet">
                More came than this list holds. Choose a range to look further back.
              </p>
            )}
          </div>
        )}
      </Answer>
      <p className="mt-3 text-table">
        Records that could not be understood are{" "}
        <Link
          className="underline"
          to="/operate/dead-letters"
          search={{ source: source === undefined ? undefined : String(source) }}
        >
          dead letters
        </Link>
        .
      </p>
    </Card>
  );
}

function Liveness({ isHeld }: { readonly isHeld: boolean }) {
  const state = useLiveState();
  useNow();
  if (isHeld)
    return (
      <span className="inline-flex items-center gap-1 text-quiet">
        <Icon name="pause" /> held
      </span>
    );
  return state === "live" ? (
    <span className="inline-flex items-center gap-1 text-healthy">
      <Icon name="disc" className="size-3" /> live
    </span>
  ) : (
    <span className="text-quiet">live is off, read every 10 s</span>
  );
}

function Nothing({
  isFiltered,
  further,
  clear,
}: {
  readonly isFiltered: boolean;
  readonly further: (() => void) | undefined;
  readonly clear: () => void;
}) {
  return (
    <Empty title={isFiltered ? "No event matches the filters" : "No event in this range"}>
      <span className="flex flex-wrap gap-2">
        {isFiltered && <Button onClick={clear}>Clear filters</Button>}
        {further !== undefined && <Button onClick={further}>Look further back</Button>}
        {!isFiltered && further === undefined && "Choose a longer range, or send one."}
      </span>
    </Empty>
  );
}
