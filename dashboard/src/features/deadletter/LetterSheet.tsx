// One dead letter: why it was refused, where, its record, and another try.
import { useDeadLetter, useDeadLetters, useRetryDeadLetter } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Problem } from "@/lib/problem";
import { Act } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { MaskSwitch, useMasked } from "@/ui/Mask";
import { useRefusal } from "@/ui/scopes";
import { rowsOf } from "@/ui/Table";
import { Ticked } from "@/ui/Ticked";
import { Time } from "@/ui/Time";
import { useLetterFilter } from "./filter";
import { LetterStatus } from "./LetterStatus";
import { markedRecord } from "./record";
import { useSourceName } from "./sources";

type Letter = Schemas["DeadLetter"];

/** The sheet of the letter that the address names. */
export function LetterSheet() {
  const { search, change } = useLetterFilter();
  const letter = useDeadLetter(
    { params: { path: { id: search.open ?? 0 } } },
    { enabled: search.open !== undefined },
  );
  return (
    <Dialog
      title={`Dead letter ${search.open ?? ""}`}
      isOpen={search.open !== undefined}
      onClose={() => change({ open: undefined })}
      form="sheet"
    >
      <Answer asked={letter} name="dead letter" height="20rem">
        {(data) => <Detail letter={data} />}
      </Answer>
    </Dialog>
  );
}

function Detail({ letter }: { readonly letter: Letter }) {
  const sourceName = useSourceName();
  return (
    <div className="grid gap-4">
      <p>
        <b>
          <Ticked text={letter.explanation} />
        </b>
        {letter.detail !== "" && (
          <>
            {" "}
            At <code>{letter.detail}</code>.
          </>
        )}
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-table">
        <dt className="text-quiet">Status</dt>
        <dd>
          <LetterStatus status={letter.status} />
        </dd>
        <dt className="text-quiet">Reason</dt>
        <dd>
          <code>{letter.reason}</code>
        </dd>
        <dt className="text-quiet">Source</dt>
        <dd>{sourceName(letter.source_id)}</dd>
        <dt className="text-quiet">Received</dt>
        <dd>
          <Time at={letter.received_at} form="clock" none="not readable" />
        </dd>
        <dt className="text-quiet">Recorded</dt>
        <dd>
          <Time at={letter.recorded_at} form="clock" />
        </dd>
        <dt className="text-quiet">In the log</dt>
        <dd className="break-all">
          {letter.log}, partition {letter.partition}, position {letter.position}
        </dd>
        {letter.command !== "" && (
          <>
            <dt className="text-quiet">Command</dt>
            <dd>{letter.command}, which was not carried out</dd>
          </>
        )}
        <Tries letter={letter} />
      </dl>
      <Record letter={letter} />
      <p className="flex flex-wrap gap-2">
        <RetryOne letter={letter} />
        <MaskSwitch />
      </p>
    </div>
  );
}

function Tries({ letter }: { readonly letter: Letter }) {
  const { change } = useLetterFilter();
  const newest = useDeadLetters({ params: { query: { limit: 200 } } });
  const next = rowsOf(newest.data).find(({ retry_of }) => retry_of === letter.id);
  const go = (id: number) => (
    <Button look="bare" className="min-h-7 px-1 underline" onClick={() => change({ open: id })}>
      letter {id}
    </Button>
  );
  return (
    <>
      {letter.retry_of !== null && (
        <>
          <dt className="text-quiet">Another try of</dt>
          <dd>{go(letter.retry_of)}</dd>
        </>
      )}
      {next !== undefined && (
        <>
          <dt className="text-quiet">Tried again</dt>
          <dd>refused once more: {go(next.id)}</dd>
        </>
      )}
    </>
  );
}

function Record({ letter }: { readonly letter: Letter }) {
  const isMasked = useMasked();
  const kinds = useWorkspace().data?.kinds.map(({ kind }) => kind) ?? [];
  const { lines, note, isReadable } = markedRecord(letter.payload, letter.detail, isMasked, kinds);
  const isHidden = isMasked && !isReadable;
  return (
    <section aria-label="Record">
      <p className="mb-1 text-table text-quiet">
        The record as it lay in the log, {formatCount(letter.size_bytes)} bytes
        {letter.encoding === "base64" && ", not valid UTF-8: shown in base64"}
      </p>
      {note !== null && <p className="mb-1 text-table">{note}</p>}
      {isHidden ? (
        <p className="text-table text-quiet">
          Nothing can be masked in it, so it is shown only with “Show values”.
        </p>
      ) : (
        <pre
          // A region that scrolls must take the keyboard's focus.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          className="max-h-[50vh] overflow-auto rounded-control border border-line p-2 text-note"
        >
          {lines.map((line, place) => {
            const text = `${"  ".repeat(line.depth)}${line.text}\n`;
            // Lines have no name of their own, and never change their order.
            // oxlint-disable-next-line react/no-array-index-key
            const key = place;
            return line.isMarked ? (
              <mark key={key} className="bg-degraded/20 font-[650] text-ink">
                {text}
              </mark>
            ) : (
              <span key={key}>{text}</span>
            );
          })}
        </pre>
      )}
    </section>
  );
}

function RetryOne({ letter }: { readonly letter: Letter }) {
  const retry = useRetryDeadLetter();
  const refusal = useRefusal(retry.scopes);
  return (
    <Act
      name="Retry…"
      verb="Retry"
      done="The record is in the log again; its status is followed here."
      look="main"
      hasReason={false}
      refusal={refusal ?? (letter.status === "resolved" ? "It is resolved." : undefined)}
      effect={
        <p>
          The record is appended to the log again. If it is understood now, it is stored as of when
          it was received, and this letter is resolved; else it comes back as a new letter.
        </p>
      }
      act={async () => {
        const { hopeless } = await retry.mutateAsync({ params: { path: { id: letter.id } } });
        if (hopeless.length > 0)
          throw new Problem(409, "hopeless", "It stays open: its record is not valid JSON.");
      }}
    />
  );
}
