// One step of the question: which events do it, and what the API says of it.
import { type Problem } from "@/rule/problems";
import { startsWith } from "@/rule/path";
import type { EventFilter } from "@/rule/types";
import type { EventCatalogue } from "@/rule-ui/catalogue";
import { FilterFields } from "@/rule-ui/FilterFields";
import { shownOfFilter, unshown } from "@/rule-ui/problems";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

interface Props {
  readonly step: EventFilter;
  readonly index: number;
  readonly isLast: boolean;
  readonly isOnly: boolean;
  readonly catalogue: EventCatalogue;
  readonly problems: readonly Problem[];
  readonly onChange: (step: EventFilter) => void;
  readonly onLater: () => void;
  readonly onRemove: () => void;
}

/** A step with its number. How many there may be, the API says. */
export function StepRow(props: Props) {
  const { step, index, isLast, isOnly, catalogue, problems, onChange, onLater, onRemove } = props;
  const at = ["steps", index];
  const own = problems.filter(({ rest }) => startsWith(rest, at));
  const left = unshown(own, shownOfFilter(own, at));
  const label = `Step ${index + 1}`;
  return (
    <li className="flex flex-wrap items-start gap-2 border-l border-line pl-3">
      <span className="w-14 py-2">{label}</span>
      <FilterFields
        label={label}
        event={step}
        catalogue={catalogue}
        problems={own}
        at={at}
        onChange={onChange}
      />
      {!isLast && (
        <Button look="bare" className="px-2" aria-label={`Move ${label} down`} onClick={onLater}>
          <Icon name="down" />
        </Button>
      )}
      {!isOnly && (
        <Button look="bare" className="px-2" aria-label={`Remove ${label}`} onClick={onRemove}>
          <Icon name="cross" />
        </Button>
      )}
      {left.map(({ message }) => (
        <p key={message} role="alert" className="basis-full text-note text-unhealthy">
          {message}
        </p>
      ))}
    </li>
  );
}
