// Why something is done: asked for in words, and kept in the audit log.
import { useId } from "react";

interface Props {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The field of a form in which somebody says why. */
export function ReasonField({ value, onChange }: Props) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id}>Reason, kept in the audit log</label>
      <textarea
        id={id}
        required
        minLength={3}
        maxLength={500}
        rows={2}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
