// Fields of the form: a label, what is typed, and a note below.
import { useId, type ReactNode } from "react";

interface FieldProps {
  readonly label: string;
  readonly note?: string;
  /** The control, which must have this id. */
  readonly children: (id: string) => ReactNode;
}

/** A control with its label and a note. */
export function Field({ label, note, children }: FieldProps) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id}>{label}</label>
      {children(id)}
      {note !== undefined && <p className="text-note text-quiet">{note}</p>}
    </div>
  );
}

interface LinesProps {
  readonly label: string;
  readonly note?: string;
  readonly value: string;
  readonly rows?: number;
  readonly isRequired?: boolean;
  readonly onChange: (value: string) => void;
}

/** Several lines of text. */
export function Lines({ label, note, value, rows = 2, isRequired = false, onChange }: LinesProps) {
  return (
    <Field label={label} {...(note === undefined ? {} : { note })}>
      {(id) => (
        <textarea
          id={id}
          rows={rows}
          required={isRequired}
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
