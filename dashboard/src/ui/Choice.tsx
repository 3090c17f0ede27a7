// A choice of a filter: one of some words, or any.
import { useId } from "react";
import { NotAllOption } from "./NotAll";

interface Props {
  readonly label: string;
  readonly value: string | undefined;
  /** Value and words of each. */
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string | undefined) => void;
  /** What no choice is called. */
  readonly any?: string;
  /** There is more to choose from than the options say. */
  readonly isCut?: boolean;
}

/** A select with a label before it. Where it was cut, a value beyond is shown as it is. */
export function Choice({ label, value, options, onChange, any = "any", isCut = false }: Props) {
  const id = useId();
  return (
    <span className="inline-flex max-w-full items-center gap-2">
      <label htmlFor={id} className="text-quiet">
        {label}
      </label>
      <select
        id={id}
        className="min-w-0"
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)}
      >
        <option value="">{any}</option>
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
        {isCut && value !== undefined && !options.some(([each]) => each === value) && (
          <option value={value}>{value}</option>
        )}
        <NotAllOption isCut={isCut} />
      </select>
    </span>
  );
}
