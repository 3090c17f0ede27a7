// The form of a funnel's question; what the API refuses is shown at its step.
import type { Problem as Refusal } from "@/lib/problem";
import type { Path } from "@/rule/path";
import { messageAt, type Problem } from "@/rule/problems";
import type { EventFilter } from "@/rule/types";
import { useEventCatalogue } from "@/rule-ui/events";
import { SpanField } from "@/rule-ui/field/SpanField";
import { unshown } from "@/rule-ui/problems";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { BreakdownFields } from "./BreakdownFields";
import { type Question, withLater, withStep } from "./question";
import { RangeFields } from "./RangeFields";
import { StepRow } from "./StepRow";

interface Props {
  readonly question: Question;
  readonly refusal: Refusal | null;
  readonly problems: readonly Problem[];
  readonly isBusy: boolean;
  /** Whether what is shown below is of another question. */
  readonly isChanged: boolean;
  readonly onChange: (question: Question) => void;
  readonly onShow: () => void;
}

/** Kinds of events whose properties are traits of people. */
const TRAITS: EventFilter = { name: null, event_type: "identify" };

/** Steps, window, range and breakdown. */
export function QuestionForm(props: Props) {
  const { question, problems, isBusy, isChanged, onChange, onShow } = props;
  const { steps } = question;
  const catalogue = useEventCatalogue([...steps, TRAITS]);
  const change = (next: Partial<Question>) => onChange({ ...question, ...next });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) onShow();
      }}
    >
      <ol className="grid gap-2" aria-label="Steps">
        {steps.map((step, index) => (
          <StepRow
            // Steps have no names; their order is the question's.
            key={`step ${index}`}
            step={step}
            index={index}
            isLast={index === steps.length - 1}
            isOnly={steps.length === 1}
            catalogue={catalogue}
            problems={problems}
            onChange={(next) => change({ steps: steps.with(index, next) })}
            onLater={() => onChange(withLater(question, index))}
            onRemove={() => change({ steps: steps.toSpliced(index, 1) })}
          />
        ))}
      </ol>
      <Button
        look="bare"
        className="justify-self-start"
        onClick={() => onChange(withStep(question))}
      >
        <Icon name="plus" /> step
      </Button>
      <div className="flex flex-wrap items-start gap-4">
        <SpanField
          label="From the first step to the last, within"
          isQuiet={false}
          value={question.window}
          message={messageAt(problems, ["window"])}
          onChange={(window) => change({ window })}
        />
        <RangeFields range={question.range} onChange={(range) => change({ range })} />
        <BreakdownFields
          breakdown={question.breakdown}
          traits={catalogue.properties(TRAITS).map(({ name }) => name)}
          properties={(steps[0] === undefined ? [] : catalogue.properties(steps[0])).map(
            ({ name }) => name,
          )}
          problems={problems}
          onChange={(breakdown) => change({ breakdown })}
        />
      </div>
      <Refused {...props} />
      <footer className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="main" isBusy={isBusy}>
          {isBusy ? "Counting…" : "Show"}
        </Button>
        <span role="status" className="text-quiet">
          {isChanged && "The question has changed since; the figures below are of the earlier one."}
        </span>
      </footer>
    </form>
  );
}

/** What is refused, and what of it no field above shows. */
function Refused({ question, refusal, problems }: Props) {
  if (refusal === null) return null;
  const shown: Path[] = [
    ["window"],
    ["breakdown"],
    ...question.steps.map((_, index) => ["steps", index]),
  ];
  const left = unshown(problems, shown);
  return (
    <div role="alert" className="rounded-card border border-unhealthy p-3">
      <p>
        {refusal.message} <code className="text-quiet">{refusal.code}</code>
      </p>
      {left.map(({ message }) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}
