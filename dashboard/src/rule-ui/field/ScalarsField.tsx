// A list of values, each of which can be taken away; new ones are typed or pasted.
import { useState } from "react";
import { drawScalar, readList, type ScalarKind } from "@/rule/fields";
import type { Scalar } from "@/rule/types";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { Field } from "./Field";
import { KindSelect } from "./ScalarField";

interface Props {
  readonly label: string;
  readonly values: readonly Scalar[];
  readonly message: string | null;
  readonly onChange: (values: Scalar[]) => void;
}

/** Values as chips, and an input for more. */
export function ScalarsField({ label, values, message, onChange }: Props) {
  const first = values[0];
  const [kind, setKind] = useState<ScalarKind>(
    first === undefined ? "text" : drawScalar(first).kind,
  );
  const [text, setText] = useState("");
  const add = () => {
    const found = readList(text, kind);
    setText(found.left.join(", "));
    const more = found.values.filter((value) => !values.includes(value));
    if (more.length > 0) onChange([...values, ...more]);
  };
  return (
    <span className="inline-flex flex-wrap items-start gap-1">
      <ul className="contents" aria-label={label}>
        {values.map((value, index) => (
          <li
            // Values may stand twice in a rule that came as JSON.
            key={`${index} ${typeof value} ${String(value)}`}
            className="inline-flex min-h-9 items-center rounded-control border border-line pl-2"
          >
            {typeof value === "string" ? `“${value}”` : String(value)}
            <Button
              look="bare"
              className="px-2"
              aria-label={`Remove ${String(value)}`}
              onClick={() => onChange(values.toSpliced(index, 1))}
            >
              <Icon name="cross" />
            </Button>
          </li>
        ))}
      </ul>
      <Field label={`${label}: add`} isQuiet message={message}>
        {(wiring) => (
          <input
            {...wiring}
            className="w-32"
            placeholder="add, add"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onBlur={add}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
        )}
      </Field>
      <KindSelect label={label} kind={kind} onChange={setKind} />
    </span>
  );
}
