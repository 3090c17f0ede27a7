// Before an audience is created: who would be sent, who not and why, and the gate's word.
import { useFirstPush } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount, formatEstimate } from "@/lib/number";
import { leftOut } from "@/trust/leftOut";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { useRested } from "@/ui/later";
import { Verdict } from "@/ui/State";
import { Time } from "@/ui/Time";

const TYPING_MS = 500;

interface Props {
  /** Null: not enough is chosen yet. */
  readonly draft: Schemas["FirstPushRequest"] | null;
}

/** The first push of the audience as it is drafted. */
export function FirstPush({ draft }: Props) {
  const rested = useRested(draft === null ? "" : JSON.stringify(draft), TYPING_MS);
  const asked = rested === "" ? null : (JSON.parse(rested) as Schemas["FirstPushRequest"]);
  const preview = useFirstPush(draft === null ? null : asked);
  return (
    <section
      aria-label="The first push"
      className="rounded-card border border-line bg-canvas p-3 text-table"
    >
      {draft === null || asked === null ? (
        <p className="text-quiet">
          Choose a segment and a platform to see who would be sent, and what the gate says.
        </p>
      ) : (
        <Answer asked={preview} name="first push" height="7rem">
          {(data) => (
            <Planned
              preview={data}
              at={preview.dataUpdatedAt}
              isAsking={preview.isFetching}
              again={() => void preview.refetch()}
            />
          )}
        </Answer>
      )}
    </section>
  );
}

interface PlannedProps {
  readonly preview: Schemas["PushPreviewView"];
  /** When it was worked out, in milliseconds. */
  readonly at: number;
  /** Whether it is being worked out again. */
  readonly isAsking: boolean;
  readonly again: () => void;
}

function Planned({ preview, at, isAsking, again }: PlannedProps) {
  const { exact } = preview;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      <dt className="text-quiet">in the segment</dt>
      <dd>{formatCount(preview.members)}</dd>
      <dt className="text-quiet">would be sent</dt>
      <dd>
        <b>{formatEstimate(preview.come, exact)}</b> with consent and a usable identifier
      </dd>
      <dt className="text-quiet">left out</dt>
      <dd>{leftOut(preview.skipped, exact)}</dd>
      {preview.held_out > 0 && (
        <>
          <dt className="text-quiet">held out</dt>
          <dd>about {formatCount(preview.held_out)}, to measure lift by</dd>
        </>
      )}
      <dt className="text-quiet">the gate</dt>
      <dd aria-busy={isAsking || undefined}>
        <Verdict verdict={preview.verdict} /> {preview.reasons.join("; ")}
        <span className="block text-quiet">
          judged <Time at={new Date(at).toISOString()} />{" "}
          <Button
            look="bare"
            className="min-h-6 px-1 text-table underline"
            isBusy={isAsking}
            onClick={again}
          >
            {isAsking ? "Being judged again…" : "Judge again"}
          </Button>
        </span>
      </dd>
    </dl>
  );
}
