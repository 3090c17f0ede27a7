// A trait or a computed trait satisfies a condition.
import { messageAt } from "@/rule/problems";
import { kindOf } from "@/rule-ui/catalogue";
import { NameField } from "@/rule-ui/field/NameField";
import { ConditionFields } from "@/rule-ui/ConditionFields";
import type { BlockProps } from "./props";

/** Fields of `trait` and `computed`. */
export function TraitBlock(props: BlockProps<"trait" | "computed">) {
  const { node, catalogue, problems, onChange } = props;
  const isComputed = node.type === "computed";
  const label = isComputed ? "Computed trait" : "Trait";
  const known = isComputed ? catalogue.computed : catalogue.traits;
  return (
    <>
      <span className="py-2">{label}</span>
      <NameField
        label={label}
        value={node.name}
        names={known.map((one) => one.name)}
        message={messageAt(problems, ["name"])}
        onChange={(name) => onChange({ ...node, name })}
      />
      <ConditionFields
        subject={node.name === "" ? label : node.name}
        condition={node.condition}
        asked={{ of: "trait", kind: kindOf(known, node.name) }}
        catalogue={catalogue}
        problems={problems}
        at={["condition"]}
        onChange={(condition) => onChange({ ...node, condition })}
      />
    </>
  );
}
