// A span of time: a whole number and a unit, or none at all.
import { readWhole } from "@/rule/fields";
import { drawSpan, readSpan, type SpanParts, UNIT_NAMES, UNITS } from "@/rule/spans";
import type { Span } from "@/rule/types";
import { Field } from "./Field";
import { useTyped } from "./typed";

const USUAL: SpanParts = { number: 30, unit: "d" };

interface Props {
  readonly label: string;
  readonly isQuiet?: boolean;
  readonly value: Span;
  readonly message: string | null;
  readonly hint?: string | null;
  readonly onChange: (value: Span) => void;
}

/** Inputs for a span. One that cannot be read is shown as it stands in the rule. */
export function SpanField(props: Props) {
  const { label, isQuiet = true, value, message, hint = null, onChange } = props;
  const parts = readSpan(value);
  const { text, isRead, type } = useTyped(
    value,
    () => (parts === null ? value : String(parts.number)),
    (next) => {
      const number = readWhole(next, 1);
      return number === null ? null : drawSpan({ ...(parts ?? USUAL), number });
    },
    onChange,
  );
  const kept = `A whole number is needed here; the rule keeps ${value}.`;
  return (
    <Field label={label} isQuiet={isQuiet} message={isRead ? message : kept} hint={hint}>
      {(wiring) => (
        <span className="inline-flex gap-1">
          <input
            {...wiring}
            inputMode="numeric"
            className="w-16"
            value={text}
            onChange={(event) => type(event.target.value)}
          />
          <select
            aria-label={`${label}: unit`}
            value={(parts ?? USUAL).unit}
            onChange={(event) => {
              const unit = UNITS.find((one) => one === event.target.value) ?? USUAL.unit;
              onChange(drawSpan({ ...(parts ?? USUAL), unit }));
            }}
          >
            {UNITS.map((unit) => (
              <option key={unit} value={unit}>
                {UNIT_NAMES[unit]}
              </option>
            ))}
          </select>
        </span>
      )}
    </Field>
  );
}

interface MaybeProps extends Omit<Props, "value" | "onChange"> {
  readonly value: Span | null;
  /** What it says without a span: "of all time". */
  readonly without: string;
  /** What it says with one: "in the last". */
  readonly lead: string;
  readonly onChange: (value: Span | null) => void;
}

/** A span that may be left out. */
export function MaybeSpan({ value, without, lead, onChange, ...rest }: MaybeProps) {
  return (
    <span className="inline-flex flex-wrap items-start gap-1">
      <select
        aria-label={`${rest.label}: whether`}
        value={value === null ? "without" : "with"}
        onChange={(event) => {
          onChange(event.target.value === "with" ? drawSpan(USUAL) : null);
        }}
      >
        <option value="without">{without}</option>
        <option value="with">{lead}</option>
      </select>
      {value === null ? (
        rest.message !== null && <span className="text-note text-unhealthy">{rest.message}</span>
      ) : (
        <SpanField {...rest} value={value} onChange={onChange} />
      )}
    </span>
  );
}
