// RFM: a row of five cells for each score, of which a range is meant, and named segments.
import { RFM_SEGMENTS } from "@/rule/language";
import { messageAt } from "@/rule/problems";
import type { RfmNode, Scores } from "@/rule/types";
import { Choices } from "@/rule-ui/field/Choices";
import type { BlockProps } from "./props";
import { pressed } from "./scores";

const SCORES = [1, 2, 3, 4, 5];
const NAMES = ["recency", "frequency", "monetary"] as const;

/** Ranges of scores and names of segments. */
export function RfmBlock({ node, problems, onChange }: BlockProps<"rfm">) {
  const whole = problems.find(({ rest }) => rest.length === 0)?.message;
  return (
    <div className="grid gap-2">
      <span className="py-2">RFM, of people with a purchase in the look-back</span>
      {NAMES.map((name) => (
        <ScoreRow
          key={name}
          name={name}
          scores={node[name] ?? null}
          message={whole === undefined ? messageAt(problems, [name]) : null}
          onChange={(scores) => onChange(withScores(node, name, scores))}
        />
      ))}
      <Choices
        legend="named"
        options={RFM_SEGMENTS}
        chosen={node.segments ?? []}
        message={messageAt(problems, ["segments"])}
        onChange={(segments) => onChange({ ...node, segments })}
      />
    </div>
  );
}

function withScores(node: RfmNode, name: (typeof NAMES)[number], scores: Scores | null): RfmNode {
  const { [name]: _, ...rest } = node;
  return scores === null ? rest : { ...rest, [name]: scores };
}

interface RowProps {
  readonly name: string;
  readonly scores: Scores | null;
  readonly message: string | null;
  readonly onChange: (scores: Scores | null) => void;
}

function ScoreRow({ name, scores, message, onChange }: RowProps) {
  const has = (score: number) => scores !== null && scores[0] <= score && score <= scores[1];
  return (
    <fieldset className="flex flex-wrap items-center gap-1">
      <legend className="float-left w-24">{name}</legend>
      {SCORES.map((score) => (
        <button
          key={score}
          type="button"
          aria-pressed={has(score)}
          className="size-9 rounded-control border border-edge aria-pressed:bg-ink aria-pressed:text-canvas"
          onClick={() => onChange(pressed(scores, score))}
        >
          {score}
        </button>
      ))}
      <span className="text-quiet">{scores === null ? "any" : `${scores[0]} to ${scores[1]}`}</span>
      {message !== null && <span className="text-note text-unhealthy">{message}</span>}
    </fieldset>
  );
}
