// The inputs of what a trait computes; what the API refuses is shown at its field.
import type { Problem as Refusal } from "@/lib/problem";
import type { Path } from "@/rule/path";
import { messageAt } from "@/rule/problems";
import { useEventCatalogue } from "@/rule-ui/events";
import { Field } from "@/rule-ui/field/Field";
import { NameField } from "@/rule-ui/field/NameField";
import { MaybeSpan } from "@/rule-ui/field/SpanField";
import { FilterFields } from "@/rule-ui/FilterFields";
import { refusedFields, shownOfFilter, unshown } from "@/rule-ui/problems";
import {
  FUNCTIONS,
  type TraitFunction,
  type TraitRule,
  traitWords,
  withFunction,
  withWindow,
} from "./functions";

interface Props {
  readonly rule: TraitRule;
  readonly description: string;
  readonly refusal: Refusal | null;
  /** Fields that the caller shows beside these. */
  readonly others: readonly Path[];
  readonly onRule: (rule: TraitRule) => void;
  readonly onDescription: (description: string) => void;
}

/** Function, property, events, window and description. */
export function TraitFields(props: Props) {
  const { rule, description, refusal, others, onRule, onDescription } = props;
  const catalogue = useEventCatalogue([rule.event]);
  const problems = refusedFields(refusal);
  const shown: Path[] = [
    ...others,
    ["function"],
    ["property"],
    ["window"],
    ["description"],
    ...shownOfFilter(problems, ["event"]),
  ];
  return (
    <>
      <Field label="Computes" message={messageAt(problems, ["function"])}>
        {(wiring) => (
          <select
            {...wiring}
            value={rule.function}
            onChange={({ target }) => onRule(withFunction(rule, target.value as TraitFunction))}
          >
            {Object.entries(FUNCTIONS).map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {FUNCTIONS[rule.function].hasProperty && (
        <NameField
          label="Of the property"
          isQuiet={false}
          value={rule.property ?? ""}
          names={catalogue.properties(rule.event).map(({ name }) => name)}
          message={messageAt(problems, ["property"])}
          onChange={(property) => onRule({ ...rule, property })}
        />
      )}
      <fieldset className="grid gap-1">
        <legend className="text-note text-quiet">Of the events</legend>
        <FilterFields
          label="Event"
          event={rule.event}
          catalogue={catalogue}
          problems={problems}
          at={["event"]}
          onChange={(event) => onRule({ ...rule, event: event as TraitRule["event"] })}
        />
      </fieldset>
      <MaybeSpan
        label="Window"
        value={rule.window ?? null}
        without="of all time"
        lead="in the last"
        message={messageAt(problems, ["window"])}
        onChange={(window) => onRule(withWindow(rule, window))}
      />
      <Field label="Description" message={messageAt(problems, ["description"])}>
        {(wiring) => (
          <textarea
            {...wiring}
            rows={2}
            value={description}
            onChange={({ target }) => onDescription(target.value)}
          />
        )}
      </Field>
      <p className="text-quiet">In words: {traitWords(rule)}.</p>
      {refusal !== null && (
        <div role="alert" className="rounded-card border border-unhealthy p-3">
          <p>
            {refusal.message} <code className="text-quiet">{refusal.code}</code>
          </p>
          {unshown(problems, shown).map(({ message }) => (
            <p key={message}>{message}</p>
          ))}
        </div>
      )}
    </>
  );
}
