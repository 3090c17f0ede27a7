// A name: of those that are known, or any other that somebody types.
import { useId } from "react";
import { Field } from "./Field";

interface Props {
  readonly label: string;
  readonly isQuiet?: boolean;
  readonly value: string;
  /** What is offered; anything else may be typed. */
  readonly names: readonly string[];
  readonly message: string | null;
  readonly hint?: string | null;
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}

/** An input with suggestions. */
export function NameField({
  label,
  isQuiet = true,
  value,
  names,
  message,
  hint = null,
  placeholder,
  onChange,
}: Props) {
  const list = useId();
  return (
    <Field label={label} isQuiet={isQuiet} message={message} hint={hint}>
      {(wiring) => (
        <>
          <input
            {...wiring}
            list={list}
            className="w-44"
            autoComplete="off"
            spellCheck={false}
            value={value}
            placeholder={placeholder}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={list}>
            {[...new Set(names)].map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
