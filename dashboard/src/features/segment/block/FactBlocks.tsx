// What a person is: lifecycle stage, consent, identifiers, another segment.
import { STAGES } from "@/rule/language";
import { NO_SEGMENT } from "@/rule/phrases";
import { messageAt } from "@/rule/problems";
import { Choices } from "@/rule-ui/field/Choices";
import { Field } from "@/rule-ui/field/Field";
import { NameField } from "@/rule-ui/field/NameField";
import { NumberField } from "@/rule-ui/field/NumberField";
import { NotAllOption } from "@/ui/NotAll";
import type { BlockProps } from "./props";

/** Check boxes of stages. */
export function LifecycleBlock({ node, problems, onChange }: BlockProps<"lifecycle">) {
  return (
    <Choices
      legend="Lifecycle is one of"
      options={STAGES}
      chosen={node.stages}
      message={messageAt(problems, ["stages"])}
      onChange={(stages) => onChange({ ...node, stages })}
    />
  );
}

/** Purpose, and whether it is granted. */
export function ConsentBlock({ node, catalogue, problems, onChange }: BlockProps<"consent">) {
  const isGranted = node.granted ?? true;
  return (
    <>
      <span className="py-2">Consent to</span>
      <NameField
        label="Purpose"
        value={node.purpose}
        names={catalogue.purposes}
        message={messageAt(problems, ["purpose"])}
        onChange={(purpose) => onChange({ ...node, purpose })}
      />
      <Field
        label="Consent"
        isQuiet
        message={messageAt(problems, ["granted"])}
        hint={isGranted ? null : "Also holds for people who never said anything about it."}
      >
        {(wiring) => (
          <select
            {...wiring}
            value={String(isGranted)}
            onChange={(event) => onChange({ ...node, granted: event.target.value === "true" })}
          >
            <option value="true">is granted</option>
            <option value="false">is not granted</option>
          </select>
        )}
      </Field>
    </>
  );
}

/** Kind of identifier, and how many. */
export function IdentifierBlock({ node, catalogue, problems, onChange }: BlockProps<"identifier">) {
  return (
    <>
      <span className="py-2">Has at least</span>
      <NumberField
        label="Number of identifiers"
        value={node.at_least ?? 1}
        least={1}
        message={messageAt(problems, ["at_least"])}
        onChange={(at_least) => onChange({ ...node, at_least })}
      />
      <span className="py-2">of kind</span>
      <NameField
        label="Kind of identifier"
        value={node.kind}
        names={catalogue.identifiers}
        message={messageAt(problems, ["kind"])}
        onChange={(kind) => onChange({ ...node, kind })}
      />
    </>
  );
}

/** Another segment. One that is not offered is shown by its number. */
export function SegmentBlock({ node, catalogue, problems, onChange }: BlockProps<"segment">) {
  const isOffered = catalogue.segments.some(({ id }) => id === node.segment);
  const own = node.segment === NO_SEGMENT ? "choose a segment" : `segment ${node.segment}`;
  return (
    <>
      <span className="py-2">Is in</span>
      <Field label="Segment" isQuiet message={messageAt(problems, ["segment"])}>
        {(wiring) => (
          <select
            {...wiring}
            value={node.segment}
            onChange={(event) => onChange({ ...node, segment: Number(event.target.value) })}
          >
            {!isOffered && <option value={node.segment}>{own}</option>}
            {catalogue.segments.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            <NotAllOption isCut={catalogue.isCut} />
          </select>
        )}
      </Field>
    </>
  );
}
