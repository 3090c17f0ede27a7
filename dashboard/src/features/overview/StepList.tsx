// The three first steps of a workspace, as a card; loaded only where one is to do.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { plural } from "@/lib/number";
import type { Stand } from "@/trust/stand";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { SendFirst } from "./SendFirst";
import type { stepsOf } from "./steps";

interface Props {
  readonly done: ReturnType<typeof stepsOf>;
  /** Events that have come. */
  readonly events: number;
  /** How each platform is that is configured. */
  readonly stands: readonly (Stand & { readonly platform: string })[];
  readonly isLive: boolean;
}

/** What is done and what is to do. */
export function StepList({ done, events, stands, isLive }: Props) {
  const connected = stands.filter(({ look }) => look === "well");
  return (
    <Card title="First steps">
      <ol className="grid gap-4">
        <Step title="Send an event" isDone={done.event}>
          {done.event ? (
            <>
              {plural(events, "event has", "events have")} come.{" "}
              <Link to="/cdp/events">See them</Link>
            </>
          ) : (
            <SendFirst isLive={isLive} />
          )}
        </Step>
        <Step title="Make a segment from a recipe" isDone={done.segment}>
          {done.segment ? (
            <Link to="/cdp/segments">Your segments</Link>
          ) : (
            <>
              Who buys often, who left a cart, who is about to leave:{" "}
              <Link to="/cdp/segments">choose a recipe</Link> and change it.
            </>
          )}
        </Step>
        <Step title="Connect a platform" isDone={done.platform}>
          {done.platform ? (
            <>
              {connected.length > 0 && `${connected.map(({ platform }) => platform).join(", ")}: `}
              <Link to="/cdp/audience-sync">link a segment to it</Link>
            </>
          ) : stands.length > 0 ? (
            <>
              {stands.map(({ platform, word }) => `${platform}: ${word}`).join(", ")}.{" "}
              <Link to="/cdp/audience-sync">Check the connection</Link>.
            </>
          ) : (
            <>
              Audiences go to an ad platform once its account and token are configured:{" "}
              <Link to="/cdp/audience-sync">what each needs</Link>.
            </>
          )}
        </Step>
      </ol>
    </Card>
  );
}

interface StepProps {
  readonly title: string;
  readonly isDone: boolean;
  readonly children: ReactNode;
}

function Step({ title, isDone, children }: StepProps) {
  return (
    <li className="flex min-w-0 gap-3">
      <span className={`mt-1 ${isDone ? "text-healthy" : "text-quiet"}`}>
        <Icon name={isDone ? "check" : "ring"} />
      </span>
      <div className="min-w-0 flex-1">
        <h3>
          {title}
          <span className={isDone ? "text-healthy" : "text-quiet"}>
            {isDone ? ": done" : ": to do"}
          </span>
        </h3>
        <div>{children}</div>
      </div>
    </li>
  );
}
