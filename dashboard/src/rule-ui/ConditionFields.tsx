// A condition on one value: the operator, and the inputs that it needs.
import { withOp } from "@/rule/convert";
import { type Asked, hintOf, offeredOps, OPERATORS } from "@/rule/operators";
import type { Path } from "@/rule/path";
import { messageAt, type Problem } from "@/rule/problems";
import type { Condition, Op } from "@/rule/types";
import type { EventCatalogue } from "./catalogue";
import { Field } from "./field/Field";
import { NameField } from "./field/NameField";
import { NumberField } from "./field/NumberField";
import { ScalarField } from "./field/ScalarField";
import { ScalarsField } from "./field/ScalarsField";
import { SpanField } from "./field/SpanField";

interface Props {
  /** What the condition is on, for labels: "revenue". */
  readonly subject: string;
  readonly condition: Condition;
  readonly asked: Asked;
  readonly catalogue: EventCatalogue;
  readonly problems: readonly Problem[];
  /** Of the condition within its node. */
  readonly at: Path;
  readonly onChange: (condition: Condition) => void;
}

/** A select for the operator, and what it is compared with. */
export function ConditionFields(props: Props) {
  const { subject, condition, asked, catalogue, problems, at, onChange } = props;
  const offered = offeredOps(asked);
  // One that does not suit, but stands in the rule, is shown and can be changed.
  const ops = offered.includes(condition.op) ? offered : [condition.op, ...offered];
  return (
    <span className="inline-flex flex-wrap items-start gap-2">
      <Field
        label={`${subject}: how it is compared`}
        isQuiet
        message={messageAt(problems, [...at, "op"])}
        hint={hintOf(condition, asked)}
      >
        {(wiring) => (
          <select
            {...wiring}
            value={condition.op}
            onChange={(event) =>
              onChange(withOp(condition, event.target.value as Op, catalogue.starts))
            }
          >
            {ops.map((op) => (
              <option key={op} value={op}>
                {OPERATORS[op].label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Compared {...props} />
    </span>
  );
}

function Compared({ subject, condition, catalogue, problems, at, onChange }: Props) {
  const message = (name: string) => messageAt(problems, [...at, name]);
  switch (condition.op) {
    case "equals":
    case "not_equals":
    case "contains":
    case "not_contains":
      return (
        <ScalarField
          label={`${subject}: value`}
          value={condition.value}
          message={message("value")}
          onChange={(value) => onChange({ ...condition, value })}
        />
      );
    case "in":
    case "not_in":
      return (
        <ScalarsField
          label={`${subject}: values`}
          values={condition.values}
          message={message("values")}
          onChange={(values) => onChange({ ...condition, values })}
        />
      );
    case "starts_with":
    case "ends_with":
      return (
        <NameField
          label={`${subject}: text`}
          names={[]}
          value={condition.value}
          message={message("value")}
          onChange={(value) => onChange({ ...condition, value })}
        />
      );
    case "less_than":
    case "at_most":
    case "greater_than":
    case "at_least":
      return (
        <NumberField
          label={`${subject}: number`}
          value={condition.value}
          message={message("value")}
          onChange={(value) => onChange({ ...condition, value })}
        />
      );
    case "between":
      return (
        <>
          <NumberField
            label={`${subject}: from`}
            value={condition.low}
            message={message("low")}
            onChange={(low) => onChange({ ...condition, low })}
          />
          <span className="py-2">and</span>
          <NumberField
            label={`${subject}: to`}
            value={condition.high}
            message={message("high")}
            onChange={(high) => onChange({ ...condition, high })}
          />
        </>
      );
    case "before":
    case "after":
      return (
        <NameField
          label={`${subject}: date or instant`}
          names={[]}
          value={condition.instant}
          message={message("instant")}
          hint={`A date, or a date and time; without a zone, ${catalogue.timeZone}.`}
          onChange={(instant) => onChange({ ...condition, instant })}
        />
      );
    case "within_last":
    case "within_next":
      return (
        <SpanField
          label={`${subject}: time`}
          value={condition.span}
          message={message("span")}
          onChange={(span) => onChange({ ...condition, span })}
        />
      );
    case "exists":
    case "not_exists":
      return null;
  }
}
