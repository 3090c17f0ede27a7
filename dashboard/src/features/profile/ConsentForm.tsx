// The form in which somebody states a person's consent, and what follows of it.
import { useId } from "react";
import { usePurposes } from "@/api/cdp";
import { useZone } from "@/ui/zone";
import { purposesFor, type Draft } from "./stating";

interface Props {
  readonly draft: Draft;
  /** Purposes that the person has stated before. */
  readonly own: readonly string[];
  readonly onChange: (draft: Draft) => void;
}

const EFFECTS = {
  refused:
    "The person leaves every ad platform of the purpose at once, whatever the gate says, and files" +
    " of exports that serve it and may hold them are revoked.",
  granted:
    "The person may be sent to platforms of the purpose from now on, where a segment has them.",
} as const;

/** The fields. */
export function ConsentForm({ draft, own, onChange }: Props) {
  const id = useId();
  const zone = useZone();
  const catalogue = usePurposes({ params: { query: { limit: 200 } } });
  const purposes = purposesFor(draft.state, catalogue.data?.items ?? [], own);
  const change = (next: Partial<Draft>) => onChange({ ...draft, ...next });
  const state = (each: "granted" | "refused", words: string) => (
    <label className="flex items-baseline gap-2">
      <input
        type="radio"
        name={`${id}state`}
        checked={draft.state === each}
        onChange={() => change({ state: each })}
      />
      {words}
    </label>
  );
  return (
    <div className="grid gap-4">
      <fieldset className="grid gap-1">
        <legend>The person</legend>
        {state("refused", "withdraws or refuses it")}
        {state("granted", "grants it")}
      </fieldset>
      <div className="grid gap-1">
        <label htmlFor={`${id}purpose`}>Purpose</label>
        <select
          id={`${id}purpose`}
          className="max-w-full"
          value={purposes.some(([each]) => each === draft.purpose) ? draft.purpose : ""}
          onChange={(event) => change({ purpose: event.target.value })}
        >
          <option value="">{catalogue.isPending ? "Loading…" : "Choose one"}</option>
          {purposes.map(([each, words]) => (
            <option key={each} value={each}>
              {words}
            </option>
          ))}
        </select>
        {catalogue.isError && (
          <p role="alert" className="text-note text-unhealthy">
            The purposes of the workspace could not be read: {catalogue.error.message}
          </p>
        )}
      </div>
      {draft.state !== undefined && <p>{EFFECTS[draft.state]}</p>}
      <div className="grid gap-1">
        <label htmlFor={`${id}evidence`}>
          Evidence: what shows it{draft.state === "granted" ? "" : ", if there is any"}
        </label>
        <textarea
          id={`${id}evidence`}
          required={draft.state === "granted"}
          minLength={3}
          maxLength={2_000}
          rows={2}
          value={draft.evidence}
          onChange={(event) => change({ evidence: event.target.value })}
        />
        <p className="text-note text-quiet">Kept with the statement, and erased with the person.</p>
      </div>
      <div className="grid gap-1">
        <label htmlFor={`${id}version`}>Version of the text that was shown, if one was</label>
        <input
          id={`${id}version`}
          maxLength={200}
          autoComplete="off"
          value={draft.version}
          onChange={(event) => change({ version: event.target.value })}
        />
      </div>
      <div className="grid gap-1">
        <label htmlFor={`${id}said`}>When they said so; now, if empty</label>
        <input
          id={`${id}said`}
          type="datetime-local"
          title={`In ${zone}`}
          className="max-w-full"
          value={draft.said}
          onChange={(event) => change({ said: event.target.value })}
        />
      </div>
      <p className="text-quiet">
        The newest statement counts; at one instant, a refusal. The reason stays in the audit log
        for ever: name the case there, not the person.
      </p>
    </div>
  );
}
