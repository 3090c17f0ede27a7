// What stands where something failed: the reason, a way to try again, and a guard for drawing.
import { Component, useEffect, type ReactNode } from "react";
import { NotLoadedError } from "@/lib/loading";
import type { Problem } from "@/lib/problem";
import { Button } from "./Button";
import { useNow } from "./clock";

interface FailedProps {
  readonly problem: Problem;
  readonly name: string;
  readonly again: () => void;
}

/** An error with its reason, and a way to try again; what may pass is tried again by itself. */
export function Failed({ problem, name, again }: FailedProps) {
  if (problem.status === 404)
    return (
      <div role="alert" className="rounded-card border border-line bg-surface p-4">
        <p className="font-[650]">There is nothing at this address.</p>
        <p className="text-quiet">
          {problem.message} It may have been deleted, or belong to another workspace.
        </p>
      </div>
    );
  return (
    <div role="alert" className="rounded-card border border-unhealthy bg-surface p-4">
      <p className="font-[650]">The {name} cannot be shown.</p>
      <p>
        {problem.message} <code className="text-quiet">{problem.code}</code>
      </p>
      <p className="mt-2 flex flex-wrap items-center gap-2">
        <Button onClick={again}>Try again</Button>
        {problem.isPassing && <Countdown problem={problem} again={again} />}
      </p>
    </div>
  );
}

function Countdown({ problem, again }: { readonly problem: Problem; readonly again: () => void }) {
  const waitMs = (problem.retryAfterS ?? 10) * 1_000;
  const now = useNow();
  const left = Math.max(0, Math.ceil((problem.at + waitMs - now) / 1_000));
  useEffect(() => {
    const timer = setTimeout(again, Math.max(1_000, problem.at + waitMs - Date.now()));
    return () => clearTimeout(timer);
    // `again` is another function with every drawing; the problem is what starts a wait.
  }, [problem]); // oxlint-disable-line react/exhaustive-deps
  return <span className="text-quiet">tried again in {left} s</span>;
}

/** Catches what one part throws while it is drawn, so that the others stay. */
export class Guard extends Component<
  { readonly name: string; readonly children: ReactNode },
  { readonly error: unknown }
> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <Broken
        name={this.props.name}
        error={this.state.error}
        again={() => this.setState({ error: null })}
      />
    );
  }
}

interface BrokenProps {
  readonly name: string;
  readonly error: unknown;
  /** Draw it again; undefined where that does not help. */
  readonly again?: () => void;
}

/** Something that did not come or that cannot be drawn; what did not come is loaded again. */
export function Broken({ name, error, again }: BrokenProps) {
  const isMissing = error instanceof NotLoadedError;
  return (
    <div role="alert" className="rounded-card border border-unhealthy bg-surface p-4">
      <p className="font-[650]">
        The {name} cannot be {isMissing ? "loaded" : "drawn"}.
      </p>
      <p className="text-quiet">
        {isMissing
          ? "The server cannot be reached, or it has a newer version of this page."
          : "The answer has a form that this page does not know."}
      </p>
      <p className="mt-2">
        {isMissing || again === undefined ? (
          <Button onClick={() => location.reload()}>Reload</Button>
        ) : (
          <Button onClick={again}>Try again</Button>
        )}
      </p>
    </div>
  );
}
