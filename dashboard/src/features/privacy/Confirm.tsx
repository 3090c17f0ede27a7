// What whoever erases a person has to choose and to type.
import { useId } from "react";

/** What becomes of activity after an erasure. */
export type Afterwards = "new" | "refuse";

interface LaterProps {
  readonly value: Afterwards;
  readonly onChange: (value: Afterwards) => void;
}

/** What becomes of later activity. */
export function Later({ value, onChange }: LaterProps) {
  const name = useId();
  const choice = (each: Afterwards, words: string) => (
    <label className="flex items-baseline gap-2">
      <input type="radio" name={name} checked={value === each} onChange={() => onChange(each)} />
      {words}
    </label>
  );
  return (
    <fieldset className="grid gap-1">
      <legend>Later activity of the same identifiers</legend>
      {choice("new", "makes a new person, who has nothing of the erased one")}
      {choice("refuse", "is not kept, now and for ever")}
    </fieldset>
  );
}

interface TypedProps {
  readonly masked: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The masked identifier, typed by whoever erases. */
export function Typed({ masked, value, onChange }: TypedProps) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id}>
        Type <code>{masked}</code> to erase this person; three dots do for the ellipsis
      </label>
      <input
        id={id}
        required
        autoComplete="off"
        spellCheck={false}
        maxLength={64}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
