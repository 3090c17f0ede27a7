// One step of a sequence: what happens, how soon, and without what in between.
import { messageAt, type Problem } from "@/rule/problems";
import type { EventFilter, Step } from "@/rule/types";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import type { Catalogue } from "@/rule-ui/catalogue";
import { MaybeSpan } from "@/rule-ui/field/SpanField";
import { FilterFields } from "@/rule-ui/FilterFields";
import { withAbsence, withWithin } from "./steps";

interface Props {
  readonly step: Step;
  readonly index: number;
  readonly isLast: boolean;
  readonly catalogue: Catalogue;
  readonly problems: readonly Problem[];
  readonly onChange: (step: Step) => void;
  readonly onRemove: () => void;
}

/** A step, with an arrow to it from the one before. What the API refuses is shown, too. */
export function StepFields(props: Props) {
  const { step, index, isLast, catalogue, problems, onChange, onRemove } = props;
  const at = ["steps", index];
  const label = `Step ${index + 1}`;
  const isLater = index > 0;
  const absence = messageAt(problems, [...at, "absent"]);
  const blocked = problems.find(
    ({ rest }) => rest.length === 3 && rest[1] === index && rest[2] === "without",
  );
  return (
    <li className="flex flex-wrap items-start gap-2 border-l border-line pl-3">
      <span className="py-2">{isLater ? "↓ then" : "First"}</span>
      {((isLater && isLast) || step.absent === true) && (
        <select
          aria-label={`${label}: whether it happens`}
          value={String(step.absent ?? false)}
          onChange={({ target }) => onChange(withAbsence(step, target.value === "true"))}
        >
          <option value="false">happens</option>
          <option value="true">does not happen</option>
        </select>
      )}
      <FilterFields
        label={label}
        event={step.event}
        catalogue={catalogue}
        problems={problems}
        at={[...at, "event"]}
        onChange={(event) => onChange({ ...step, event })}
      />
      {(isLater || typeof step.within === "string") && (
        <MaybeSpan
          label={`${label}: after the step before`}
          value={step.within ?? null}
          without="at any time after"
          lead="within"
          message={messageAt(problems, [...at, "within"])}
          onChange={(within) => onChange(withWithin(step, within))}
        />
      )}
      <Blockers {...props} />
      <Button
        look="bare"
        className="px-2"
        aria-label={`Remove step ${index + 1}`}
        onClick={onRemove}
      >
        <Icon name="cross" />
      </Button>
      {absence !== null && <Wrong message={absence} />}
      {blocked !== undefined && <Wrong message={blocked.message} />}
    </li>
  );
}

function Wrong({ message }: { readonly message: string }) {
  return <span className="basis-full text-note text-unhealthy">{message}</span>;
}

function Blockers({ step, index, catalogue, problems, onChange }: Props) {
  const blockers = step.without ?? [];
  const change = (without: EventFilter[]) => {
    const { without: _, ...rest } = step;
    onChange(without.length === 0 ? rest : { ...rest, without });
  };
  return (
    <>
      {blockers.map((event, number) => (
        <span
          // Blockers have no names; their order is the rule's.
          key={`without ${number}`}
          className="flex basis-full flex-wrap items-start gap-2 pl-4"
        >
          <span className="py-2 text-quiet">{number === 0 ? "without" : "or"}</span>
          <FilterFields
            label={`Step ${index + 1}: without ${number + 1}`}
            event={event}
            catalogue={catalogue}
            problems={problems}
            at={["steps", index, "without", number]}
            onChange={(next) => change(blockers.with(number, next))}
          />
          <Button
            look="bare"
            className="px-2"
            aria-label={`Remove ${number + 1} that must not happen before step ${index + 1}`}
            onClick={() => change(blockers.toSpliced(number, 1))}
          >
            <Icon name="cross" />
          </Button>
        </span>
      ))}
      {index > 0 && step.absent !== true && (
        <Button look="bare" onClick={() => change([...blockers, { name: null }])}>
          <Icon name="plus" /> without
        </Button>
      )}
    </>
  );
}
