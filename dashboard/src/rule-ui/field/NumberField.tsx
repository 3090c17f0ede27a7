// A number; what is none stays in the input, and the rule keeps the last one.
import { readNumber, readWhole } from "@/rule/fields";
import { Field } from "./Field";
import { useTyped } from "./typed";

interface Props {
  readonly label: string;
  readonly isQuiet?: boolean;
  readonly value: number;
  /** The least whole number; left out where any number will do. */
  readonly least?: number;
  readonly message: string | null;
  readonly onChange: (value: number) => void;
}

/** An input for a number. */
export function NumberField({ label, isQuiet = true, value, least, message, onChange }: Props) {
  const read = (text: string) => (least === undefined ? readNumber(text) : readWhole(text, least));
  const { text, isRead, type } = useTyped(value, String, read, onChange);
  const kept = `This is no ${least === undefined ? "" : "whole "}number; the rule keeps ${value}.`;
  return (
    <Field label={label} isQuiet={isQuiet} message={isRead ? message : kept}>
      {(wiring) => (
        <input
          {...wiring}
          inputMode={least === undefined ? "decimal" : "numeric"}
          className="w-24"
          value={text}
          onChange={(event) => type(event.target.value)}
        />
      )}
    </Field>
  );
}
