// A labelled place for one input of a block, with what is wrong there.
import { useId, type ReactNode } from "react";

/** What an input needs to be said to be wrong. */
export interface Wiring {
  readonly id: string;
  readonly "aria-invalid": true | undefined;
  readonly "aria-describedby": string | undefined;
}

interface Props {
  readonly label: string;
  /** Whether the label is only for screen readers: where the words around it say it. */
  readonly isQuiet?: boolean;
  /** What is wrong; null: nothing. */
  readonly message: string | null;
  readonly hint?: string | null;
  readonly children: (wiring: Wiring) => ReactNode;
}

/** A label, an input, and its message. */
export function Field({ label, isQuiet = false, message, hint = null, children }: Props) {
  const id = useId();
  const isSaid = message !== null || hint !== null;
  return (
    <div className="inline-grid min-w-0 gap-1">
      <label htmlFor={id} className={isQuiet ? "sr-only" : "text-note text-quiet"}>
        {label}
      </label>
      {children({
        id,
        "aria-invalid": message === null ? undefined : true,
        "aria-describedby": isSaid ? `${id}-said` : undefined,
      })}
      {isSaid && (
        <p id={`${id}-said`} className="max-w-64 text-note">
          {message !== null && <span className="text-unhealthy">{message} </span>}
          {hint !== null && <span className="text-quiet">{hint}</span>}
        </p>
      )}
    </div>
  );
}
