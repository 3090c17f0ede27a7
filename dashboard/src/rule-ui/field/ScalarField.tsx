// A text, a number or a boolean; which of them is a visible switch, for 1 is not "1".
import { asKind, drawScalar, type ScalarKind } from "@/rule/fields";
import type { Scalar } from "@/rule/types";
import { Field } from "./Field";
import { NumberField } from "./NumberField";

const KINDS: Record<ScalarKind, string> = { text: "text", number: "number", boolean: "yes / no" };

interface KindProps {
  readonly label: string;
  readonly kind: ScalarKind;
  readonly onChange: (kind: ScalarKind) => void;
}

/** The switch between types of values. */
export function KindSelect({ label, kind, onChange }: KindProps) {
  return (
    <select
      aria-label={`${label}: type`}
      className="text-quiet"
      value={kind}
      onChange={(event) => onChange(event.target.value as ScalarKind)}
    >
      {Object.entries(KINDS).map(([name, title]) => (
        <option key={name} value={name}>
          {title}
        </option>
      ))}
    </select>
  );
}

interface Props {
  readonly label: string;
  readonly value: Scalar;
  readonly message: string | null;
  readonly onChange: (value: Scalar) => void;
}

/** An input for one value. */
export function ScalarField({ label, value, message, onChange }: Props) {
  const { kind, text } = drawScalar(value);
  return (
    <span className="inline-flex flex-wrap items-start gap-1">
      {typeof value === "number" ? (
        <NumberField label={label} value={value} message={message} onChange={onChange} />
      ) : (
        <Field label={label} isQuiet message={message}>
          {(wiring) =>
            kind === "boolean" ? (
              <select
                {...wiring}
                value={text}
                onChange={(event) => onChange(event.target.value === "true")}
              >
                <option value="true">true</option>
                <option value="false">false</option>
              </select>
            ) : (
              <input
                {...wiring}
                className="w-44"
                value={text}
                onChange={(event) => onChange(event.target.value)}
              />
            )
          }
        </Field>
      )}
      <KindSelect label={label} kind={kind} onChange={(next) => onChange(asKind(value, next))} />
    </span>
  );
}
