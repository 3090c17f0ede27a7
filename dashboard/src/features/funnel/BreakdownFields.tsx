// By what people are told apart: a trait as it is now, or a property of the event that began.
import { useId } from "react";
import { messageAt, type Problem } from "@/rule/problems";
import { NameField } from "@/rule-ui/field/NameField";
import { NumberField } from "@/rule-ui/field/NumberField";
import { type Breakdown, FIRST_BREAKDOWN } from "./question";

interface Props {
  readonly breakdown: Breakdown | null;
  readonly traits: readonly string[];
  readonly properties: readonly string[];
  readonly problems: readonly Problem[];
  readonly onChange: (breakdown: Breakdown | null) => void;
}

/** Nothing, a trait or a property, and how many values. */
export function BreakdownFields({ breakdown, traits, properties, problems, onChange }: Props) {
  const id = useId();
  const said = messageAt(problems, ["breakdown"]);
  return (
    <>
      <span className="inline-grid gap-1">
        <label htmlFor={id} className="text-note text-quiet">
          Broken down by
        </label>
        <select
          id={id}
          value={breakdown?.of ?? ""}
          onChange={({ target }) => {
            const of = (["trait", "property"] as const).find((one) => one === target.value);
            onChange(of === undefined ? null : { ...(breakdown ?? FIRST_BREAKDOWN), of });
          }}
        >
          <option value="">nothing</option>
          <option value="trait">a trait, as it is now</option>
          <option value="property">a property of the first step</option>
        </select>
      </span>
      {breakdown !== null && (
        <>
          <NameField
            label={breakdown.of === "trait" ? "Trait" : "Property"}
            isQuiet={false}
            value={breakdown.name}
            names={breakdown.of === "trait" ? traits : properties}
            message={said}
            onChange={(name) => onChange({ ...breakdown, name })}
          />
          <NumberField
            label="Values shown apart"
            isQuiet={false}
            value={breakdown.limit}
            least={1}
            message={null}
            onChange={(limit) => onChange({ ...breakdown, limit })}
          />
        </>
      )}
    </>
  );
}
