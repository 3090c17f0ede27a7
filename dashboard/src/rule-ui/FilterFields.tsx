// Which events count: type, name, and conditions on properties.
import { firstCondition } from "@/rule/convert";
import { EVENT_TYPES } from "@/rule/language";
import type { Path } from "@/rule/path";
import { messageAt, type Problem } from "@/rule/problems";
import type { EventFilter, EventType, Where } from "@/rule/types";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { type EventCatalogue, kindOf } from "./catalogue";
import { NameField } from "./field/NameField";
import { ConditionFields } from "./ConditionFields";

interface Props {
  /** What the event is called in labels: "Event", "Step 2". */
  readonly label: string;
  readonly event: EventFilter;
  readonly catalogue: EventCatalogue;
  readonly problems: readonly Problem[];
  /** Of the filter within its node. */
  readonly at: Path;
  readonly onChange: (event: EventFilter) => void;
}

/** The event, and its `where` rows below. */
export function FilterFields(props: Props) {
  const { label, event, catalogue, problems, at, onChange } = props;
  const type = event.event_type ?? "track";
  const names = catalogue.events.filter((one) => one.type === type).map((one) => one.name);
  return (
    <span className="inline-flex flex-wrap items-start gap-2">
      <select
        aria-label={`${label}: type`}
        value={type}
        onChange={({ target }) => onChange({ ...event, event_type: target.value as EventType })}
      >
        {EVENT_TYPES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <NameField
        label={`${label}: name`}
        value={event.name ?? ""}
        names={names}
        placeholder="any event"
        message={messageAt(problems, [...at, "name"])}
        onChange={(name) => onChange({ ...event, name: name === "" ? null : name })}
      />
      {(event.where ?? []).map((where, index) => (
        // Rows have no names; their order is the rule's.
        <WhereRow key={`where ${index}`} {...props} where={where} index={index} />
      ))}
      <Button
        look="bare"
        onClick={() => {
          const asked = { of: "property", kind: "unknown" } as const;
          const where = { property: "", condition: firstCondition(asked, catalogue.starts) };
          onChange({ ...event, where: [...(event.where ?? []), where] });
        }}
      >
        <Icon name="plus" /> where
      </Button>
    </span>
  );
}

interface RowProps extends Props {
  readonly where: Where;
  readonly index: number;
}

function WhereRow({ label, event, catalogue, problems, at, onChange, where, index }: RowProps) {
  const path = [...at, "where", index];
  const known = catalogue.properties(event);
  const rows = event.where ?? [];
  const subject = where.property === "" ? `${label}: property` : where.property;
  const change = (next: Where) => onChange({ ...event, where: rows.with(index, next) });
  return (
    <span className="flex basis-full flex-wrap items-start gap-2 pl-4">
      <span className="py-2 text-quiet">{index === 0 ? "where" : "and"}</span>
      <NameField
        label={`${label}: property ${index + 1}`}
        value={where.property}
        names={known.map((one) => one.name)}
        message={messageAt(problems, [...path, "property"])}
        onChange={(property) => change({ ...where, property })}
      />
      <ConditionFields
        subject={subject}
        condition={where.condition}
        asked={{ of: "property", kind: kindOf(known, where.property) }}
        catalogue={catalogue}
        problems={problems}
        at={[...path, "condition"]}
        onChange={(condition) => change({ ...where, condition })}
      />
      <Button
        look="bare"
        className="px-2"
        aria-label={`Remove the condition on ${subject}`}
        onClick={() => onChange({ ...event, where: rows.toSpliced(index, 1) })}
      >
        <Icon name="cross" />
      </Button>
    </span>
  );
}
