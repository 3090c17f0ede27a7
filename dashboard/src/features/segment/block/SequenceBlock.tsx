// Steps in a row: one thing happened, then another, perhaps without a third in between.
import { messageAt } from "@/rule/problems";
import type { SequenceNode, Step } from "@/rule/types";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { MaybeSpan } from "@/rule-ui/field/SpanField";
import type { BlockProps } from "./props";
import { StepFields } from "./StepFields";
import { withNext, withoutStep } from "./steps";

/** Steps and the window. How many steps there may be, the API says. */
export function SequenceBlock({ node, catalogue, problems, onChange }: BlockProps<"sequence">) {
  const { steps } = node;
  const change = (next: Step[]) => onChange({ ...node, steps: next });
  const whole = problems.find(({ rest }) => rest.length === 1 && rest[0] === "steps");
  return (
    <div className="grid gap-2">
      <ol className="grid gap-2">
        {steps.map((step, index) => (
          <StepFields
            // Steps have no names; their order is the rule's.
            key={`step ${index}`}
            step={step}
            index={index}
            isLast={index === steps.length - 1}
            catalogue={catalogue}
            problems={problems}
            onChange={(next) => change(steps.with(index, next))}
            onRemove={() => change(withoutStep(steps, index))}
          />
        ))}
      </ol>
      <div className="flex flex-wrap items-start gap-2">
        <Button look="bare" onClick={() => change(withNext(steps))}>
          <Icon name="plus" /> step
        </Button>
        <MaybeSpan
          label="When it completed"
          value={node.window ?? null}
          without="completed at any time"
          lead="completed in the last"
          message={messageAt(problems, ["window"])}
          onChange={(window) => onChange(withWindow(node, window))}
        />
      </div>
      {whole !== undefined && <p className="text-note text-unhealthy">{whole.message}</p>}
    </div>
  );
}

function withWindow(node: SequenceNode, window: string | null): SequenceNode {
  const { window: _, ...rest } = node;
  return window === null ? rest : { ...rest, window };
}
