// The dialog that orders an export: whom, what of them, for what.
import { useId, useState } from "react";
import { useExportAudience, useSegments } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { asProblem, Problem } from "@/lib/problem";
import { ProblemText } from "@/ui/Act";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { NotAllOption } from "@/ui/NotAll";
import { useRefusal } from "@/ui/scopes";
import { Columns } from "./Columns";
import { draftOf, FORMATS, requestOf, type Draft } from "./draft";
import { Field, Lines } from "./fields";

interface Props {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onMade: (id: number) => void;
  /** The segment that is chosen at first. */
  readonly segment: string | undefined;
}

/** Order an export. */
export function CreateExport({ isOpen, ...rest }: Props) {
  return (
    <Dialog title="Export people" isOpen={isOpen} onClose={rest.onClose} form="sheet">
      <Form {...rest} />
    </Dialog>
  );
}

function Form({ segment, onClose, onMade }: Omit<Props, "isOpen">) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(segment));
  const [problem, setProblem] = useState<Problem | null>(null);
  const order = useExportAudience();
  const refusal = useRefusal(order.scopes);
  const announce = useAnnounce();
  const change = (next: Partial<Draft>) => setDraft((earlier) => ({ ...earlier, ...next }));
  const submit = async () => {
    setProblem(null);
    try {
      const body = requestOf(draft);
      const made = await order.mutateAsync({ params: { query: { wait: false } }, body });
      if (!("status" in made)) throw new Problem(0, "unreadable", "The answer names no export.");
      announce("The export is ordered.");
      onMade(made.id);
    } catch (error) {
      setProblem(
        error instanceof SyntaxError
          ? new Problem(422, "invalid_json", error.message)
          : asProblem(error),
      );
    }
  };
  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Who draft={draft} change={change} />
      <Field label="Format">
        {(id) => (
          <select
            id={id}
            value={draft.format}
            onChange={(event) =>
              change({ format: FORMATS.find((each) => each === event.target.value) ?? "csv" })
            }
          >
            {FORMATS.map((format) => (
              <option key={format} value={format}>
                {format}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Columns draft={draft} change={change} />
      <Purpose draft={draft} change={change} />
      {problem !== null && <ProblemText problem={problem} />}
      <footer className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="main" refusal={refusal} isBusy={order.isPending}>
          Order the export
        </Button>
      </footer>
    </form>
  );
}

interface PartProps {
  readonly draft: Draft;
  readonly change: (next: Partial<Draft>) => void;
}

function Who({ draft, change }: PartProps) {
  const segments = useEvery(useSegments({ params: { query: { limit: 200 } } }));
  const live = segments.rows.filter(({ status }) => status !== "draft");
  const name = useId();
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-[650]">Whom</legend>
      {(["segment", "rule"] as const).map((who) => (
        <label key={who} className="flex items-center gap-2">
          <input
            type="radio"
            name={name}
            checked={draft.who === who}
            onChange={() => change({ who })}
          />
          {who === "segment" ? "Members of a segment" : "Everybody for whom a rule holds"}
        </label>
      ))}
      {draft.who === "segment" ? (
        <Field label="Segment">
          {(id) => (
            <select
              id={id}
              required
              value={draft.segment}
              onChange={(event) => change({ segment: event.target.value })}
            >
              <option value="">Choose…</option>
              {live.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name}
                </option>
              ))}
              <NotAllOption isCut={segments.isCut} />
            </select>
          )}
        </Field>
      ) : (
        <Lines
          label="Rule, as the editor's JSON shows it"
          value={draft.rule}
          rows={6}
          isRequired
          onChange={(rule) => change({ rule })}
        />
      )}
    </fieldset>
  );
}

function Purpose({ draft, change }: PartProps) {
  const isAnybody = draft.purpose.trim() === "none";
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-[650]">For what</legend>
      <Field
        label="Purpose"
        note={
          draft.who === "segment"
            ? "Empty: the segment's. Whoever does not consent to it is left out and counted; “none” leaves nobody out and takes a reason."
            : "Whoever does not consent to it is left out and counted; “none” leaves nobody out and takes a reason."
        }
      >
        {(id) => (
          <input
            id={id}
            maxLength={200}
            value={draft.purpose}
            onChange={(event) => change({ purpose: event.target.value })}
          />
        )}
      </Field>
      <Field label="Reason, kept in the audit log" note="Name nobody in it.">
        {(id) => (
          <textarea
            id={id}
            rows={2}
            minLength={3}
            maxLength={500}
            required={isAnybody}
            value={draft.reason}
            onChange={(event) => change({ reason: event.target.value })}
          />
        )}
      </Field>
    </fieldset>
  );
}
