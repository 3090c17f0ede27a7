// The next push of an audience: who would come and go, the gate's verdict, what it takes.
import { useAudienceGate, usePreviewPush } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatMoves, formatEstimate, formatCount } from "@/lib/number";
import { leftOut } from "@/trust/leftOut";
import { useSignalName } from "@/trust/names";
import { WayOut } from "@/trust/WayOut";
import { ProblemText } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { State, Verdict } from "@/ui/State";
import { Time } from "@/ui/Time";
import { Link } from "@tanstack/react-router";

/** What would happen now, and what holds it. */
export function NextPush({ audience }: { readonly audience: Schemas["AudienceView"] }) {
  const { id } = audience;
  const gate = useAudienceGate({ params: { path: { id } } });
  const preview = usePreviewPush();
  const nameOf = useSignalName();
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card
        title="The gate, now"
        aside={
          <Link to="/trust/decisions/next/$id" params={{ id: String(id) }}>
            The whole story of the next push
          </Link>
        }
      >
        <Answer asked={gate} name="gate's verdict" height="8rem">
          {(data) => (
            <div className="grid gap-2">
              <p className="text-lead">
                <Verdict verdict={data.mode === "frozen" ? "frozen" : data.verdict} />
              </p>
              <p className="text-table text-quiet">
                Without the size of the push: once that is measured, it may hold or block, too.
              </p>
              <ul className="list-disc pl-5">
                {data.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
              {data.verdict !== "pass" && (
                <WayOut codes={data.codes} thresholds={data.thresholds} />
              )}
              {data.interventions.map((each) => (
                <p key={`${each.kind} ${each.id}`}>
                  <Link to="/trust/gate">
                    {each.kind} {each.id}
                  </Link>{" "}
                  by {each.author_name ?? each.author}: “{each.reason}”, until{" "}
                  <Time at={each.expires_at} form="clock" />
                  {each.state === "unapproved" && "; it waits for a second person"}
                </p>
              ))}
              <h3>It depends on</h3>
              <ul className="grid gap-1">
                {data.depends_on.map((signal) => (
                  <li key={signal.signal} className="flex flex-wrap items-baseline gap-x-3">
                    <State state={signal.status} score={signal.score} readAt={signal.read_at} />
                    <Link to="/trust/signals/$signal" params={{ signal: signal.signal }}>
                      {nameOf(signal.signal)}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          )}
        </Answer>
      </Card>
      <Card title="Who would come and go">
        <p className="text-quiet">Measured now, nothing is sent or recorded.</p>
        <p className="my-2">
          <Button
            isBusy={preview.isPending}
            onClick={() => preview.mutate({ params: { path: { id } } })}
          >
            {preview.isPending ? "Measuring…" : "Measure the next push"}
          </Button>
        </p>
        {preview.error !== null && <ProblemText problem={preview.error} />}
        {preview.data !== undefined && <Measured preview={preview.data} at={preview.submittedAt} />}
      </Card>
    </div>
  );
}

interface MeasuredProps {
  readonly preview: Schemas["PushPreviewView"];
  /** When it was asked for, in milliseconds. */
  readonly at: number;
}

function Measured({ preview, at }: MeasuredProps) {
  const estimate = (value: number) => formatEstimate(value, preview.exact);
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      <dt>measured</dt>
      <dd>
        <Time at={new Date(at).toISOString()} />
      </dd>
      <dt>the gate, of a push of this size</dt>
      <dd>
        <Verdict verdict={preview.verdict} /> {preview.reasons.join("; ")}
      </dd>
      <dt>would come</dt>
      <dd>{estimate(preview.come)}</dd>
      <dt>would go</dt>
      <dd>{estimate(preview.go)}</dd>
      <dt>rows</dt>
      <dd>
        {formatMoves(preview.adds, preview.removes)} in {formatCount(preview.requests)} requests
      </dd>
      <dt>on the list</dt>
      <dd>{formatCount(preview.listed)}</dd>
      <dt>in the segment</dt>
      <dd>{formatCount(preview.members)}</dd>
      <dt>left out</dt>
      <dd>{leftOut(preview.skipped, preview.exact)}</dd>
      {preview.held_out > 0 && (
        <>
          <dt>held out</dt>
          <dd>{estimate(preview.held_out)}</dd>
        </>
      )}
    </dl>
  );
}
