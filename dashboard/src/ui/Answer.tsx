// What a part of the page shows of a request: loading, error, empty, stale, or the data itself.
import { useEffect, useState, type ReactNode } from "react";
import type { Problem } from "@/lib/problem";
import { Button } from "./Button";
import { useNow } from "./clock";
import { Failed, Guard } from "./Failed";
import { formatSpan } from "@/lib/time";

/** What `Answer` needs of a query; `UseQueryResult` and `UseInfiniteQueryResult` have it. */
export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: Problem | null;
  readonly isPlaceholderData: boolean;
  readonly isFetching: boolean;
  readonly dataUpdatedAt: number;
  refetch(): Promise<unknown>;
}

interface Props<T> {
  readonly asked: Asked<T>;
  /** What this part is, in the words of its heading: "signals". */
  readonly name: string;
  /** Height that it will need, so that nothing moves when it comes. */
  readonly height?: string;
  /** Seconds after which the data counts as old; twice its refresh. */
  readonly oldAfterS?: number;
  /** What is shown instead where the data holds nothing; undefined where there is something. */
  readonly empty?: (data: T) => ReactNode | undefined;
  readonly children: (data: T) => ReactNode;
}

/**
 * Show an answer in each of its states.
 *
 * While it loads for the first time: a skeleton after 200 ms, never "nothing here". While other
 * parameters load: the earlier data, under a bar; nothing fades, so that it can be read. An error
 * beside earlier data leaves the data on screen with its age. Each part fails alone.
 */
export function Answer<T>({
  asked,
  name,
  height = "6rem",
  oldAfterS = 120,
  empty,
  children,
}: Props<T>) {
  const { data, error } = asked;
  if (data === undefined)
    return error === null ? (
      <Skeleton name={name} height={height} />
    ) : (
      <Failed problem={error} name={name} again={() => void asked.refetch()} />
    );
  const nothing = empty?.(data);
  return (
    <Guard name={name}>
      <div
        aria-busy={asked.isPlaceholderData || undefined}
        className={asked.isPlaceholderData ? "earlier" : undefined}
      >
        {error !== null && (
          <Stale
            problem={error}
            updatedAt={asked.dataUpdatedAt}
            again={() => void asked.refetch()}
          />
        )}
        {error === null && !asked.isPlaceholderData && (
          <Age updatedAt={asked.dataUpdatedAt} oldAfterS={oldAfterS} />
        )}
        {nothing === undefined ? children(data) : nothing}
      </div>
    </Guard>
  );
}

function Skeleton({ name, height }: { readonly name: string; readonly height: string }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div
      aria-busy="true"
      role="status"
      aria-label={`Loading ${name}`}
      style={{ minHeight: height }}
    >
      {isShown && (
        <div className="grid gap-3 motion-safe:animate-pulse" aria-hidden="true">
          <div className="h-4 w-1/3 rounded-control bg-line" />
          <div className="h-4 w-2/3 rounded-control bg-line" />
          <div className="h-4 w-1/2 rounded-control bg-line" />
        </div>
      )}
    </div>
  );
}

function Stale({
  problem,
  updatedAt,
  again,
}: {
  readonly problem: Problem;
  readonly updatedAt: number;
  readonly again: () => void;
}) {
  const now = useNow();
  return (
    <p role="status" className="mb-2 flex flex-wrap items-center gap-2 text-note text-degraded">
      As of {formatSpan(Math.max(0, now - updatedAt) / 1_000)} ago: {problem.message}
      <Button look="bare" className="min-h-7 px-1 text-note underline" onClick={again}>
        Try again
      </Button>
    </p>
  );
}

function Age({ updatedAt, oldAfterS }: { readonly updatedAt: number; readonly oldAfterS: number }) {
  const now = useNow();
  const ageS = (now - updatedAt) / 1_000;
  if (ageS < oldAfterS) return null;
  return <p className="mb-2 text-note text-degraded">As of {formatSpan(ageS)} ago</p>;
}

/** A part where there is nothing: what it would show, why not, and the next step. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="rounded-card border border-dashed border-edge p-4">
      <p className="font-[650]">{title}</p>
      {children !== undefined && <div className="mt-1 text-quiet">{children}</div>}
    </div>
  );
}
