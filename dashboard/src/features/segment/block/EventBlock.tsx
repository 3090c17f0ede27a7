// What a person did: a measure over the events that match satisfies a condition.
import { withMeasure } from "@/rule/convert";
import { MEASURES } from "@/rule/language";
import { isAbsence } from "@/rule/phrases";
import { messageAt } from "@/rule/problems";
import type { EventNode, Measure } from "@/rule/types";
import { Field } from "@/rule-ui/field/Field";
import { NameField } from "@/rule-ui/field/NameField";
import { MaybeSpan } from "@/rule-ui/field/SpanField";
import { ConditionFields } from "@/rule-ui/ConditionFields";
import { FilterFields } from "@/rule-ui/FilterFields";
import type { BlockProps } from "./props";

const LABELS: Record<Measure, string> = {
  count: "number of times",
  sum: "sum of",
  average: "average of",
  minimum: "smallest",
  maximum: "largest",
  unique: "different values of",
  first_at: "first time",
  last_at: "last time",
};
const RESOLUTION =
  "An event counts for at least this long and at most one step longer: a second, minute, hour or" +
  " calendar day, by the length of the time.";

/** Event, measure, property, window and condition. */
export function EventBlock(props: BlockProps<"event">) {
  const { node, catalogue, problems, onChange } = props;
  const measure = node.measure ?? "count";
  return (
    <>
      <span className="py-2">{isAbsence(node) ? "Did not do" : "Did"}</span>
      <FilterFields
        label="Event"
        event={node.event}
        catalogue={catalogue}
        problems={problems}
        at={["event"]}
        onChange={(event) => onChange({ ...node, event })}
      />
      <MeasureFields {...props} />
      <MaybeSpan
        label="Window"
        value={node.window ?? null}
        without="of all time"
        lead="in the last"
        message={messageAt(problems, ["window"])}
        hint={RESOLUTION}
        onChange={(window) => onChange(withWindow(node, window))}
      />
      <ConditionFields
        subject={LABELS[measure]}
        condition={node.condition ?? { op: "at_least", value: 1 }}
        asked={{ of: "measure", measure }}
        catalogue={catalogue}
        problems={problems}
        at={["condition"]}
        onChange={(condition) => onChange({ ...node, condition })}
      />
    </>
  );
}

function MeasureFields({ node, catalogue, problems, onChange }: BlockProps<"event">) {
  const measure = node.measure ?? "count";
  return (
    <>
      <Field label="Measure" isQuiet message={messageAt(problems, ["measure"])}>
        {(wiring) => (
          <select
            {...wiring}
            value={measure}
            onChange={(event) =>
              onChange(withMeasure(node, event.target.value as Measure, catalogue.starts))
            }
          >
            {Object.entries(LABELS).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {(MEASURES[measure].property || typeof node.property === "string") && (
        <NameField
          label="Property that is measured"
          value={node.property ?? ""}
          names={catalogue.properties(node.event).map((one) => one.name)}
          message={messageAt(problems, ["property"])}
          onChange={(property) => onChange({ ...node, property })}
        />
      )}
    </>
  );
}

function withWindow(node: EventNode, window: string | null): EventNode {
  const { window: _, ...rest } = node;
  return window === null ? rest : { ...rest, window };
}
