// The difference of two rules in words: what is there now, what is gone, what is new.
import { changesOf, type ChangedLine } from "@/rule/changes";
import type { Rule } from "@/rule/types";
import type { Names } from "@/rule/words";

interface Props {
  /** Null: there was none. */
  readonly before: Rule | null;
  readonly after: Rule;
  readonly names: Names;
}

const INDENTS = ["", "pl-4", "pl-8", "pl-12"] as const;
const MARKS: Record<ChangedLine["kind"], { mark: string; says: string; look: string }> = {
  same: { mark: " ", says: "", look: "" },
  added: { mark: "+", says: "new: ", look: "border-l-2 border-healthy" },
  removed: { mark: "−", says: "gone: ", look: "border-l-2 border-unhealthy line-through" },
};

/** The lines of both rules. */
export function RuleChanges({ before, after, names }: Props) {
  const lines = changesOf(before, after, names);
  if (lines.every(({ kind }) => kind === "same")) return <p>The rule is the same.</p>;
  return (
    <ul aria-label="Changes of the rule" className="grid gap-1">
      {lines.map(({ kind, depth, text }, index) => (
        // The same words may stand in a rule twice; their order is the rule's.
        <li key={`${index} ${text}`} className={`flex gap-2 ${MARKS[kind].look}`}>
          <span aria-hidden="true" className="w-4 text-center">
            {MARKS[kind].mark}
          </span>
          <span className={`break-words ${INDENTS[depth] ?? "pl-12"}`}>
            <span className="sr-only">{MARKS[kind].says}</span>
            {text}
          </span>
        </li>
      ))}
    </ul>
  );
}
