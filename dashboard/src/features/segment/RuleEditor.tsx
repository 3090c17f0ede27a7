// The editor of a rule: blocks, words and JSON of one draft, with undo and redo.
import type { Problem } from "@/rule/problems";
import type { Action, EditorState } from "@/rule/reducer";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import type { Catalogue } from "@/rule-ui/catalogue";
import { JsonView } from "./JsonView";
import { RuleTree } from "./RuleTree";
import type { Counts } from "./tree";
import { WordsView } from "./WordsView";

export const VIEWS = { blocks: "Blocks", words: "Words", json: "JSON" } as const;
export type View = keyof typeof VIEWS;

interface Props {
  /** Of `useReducer(reduce, …)` in the page: `rule/reducer.ts`. */
  readonly state: EditorState;
  readonly dispatch: (action: Action) => void;
  readonly catalogue: Catalogue;
  /** The API's, or until it answers those of `checksOf`. */
  readonly problems: readonly Problem[];
  readonly counts: Counts;
  readonly view: View;
  readonly onView: (view: View) => void;
}

/** Three views of one draft. */
export function RuleEditor({ state, dispatch, catalogue, problems, counts, view, onView }: Props) {
  const { draft, focus } = state.now;
  const announce = useAnnounce();
  const step = (type: "undo" | "redo", says: string) => {
    dispatch({ type });
    announce(says);
  };
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-2" role="group" aria-label="View of the rule">
        {(Object.entries(VIEWS) as [View, string][]).map(([name, title]) => (
          <Button
            key={name}
            look={name === view ? "main" : "plain"}
            aria-pressed={name === view}
            onClick={() => onView(name)}
          >
            {title}
          </Button>
        ))}
        <span className="ml-auto flex gap-2">
          <Button
            refusal={state.past.length === 0 ? "There is nothing to undo." : undefined}
            onClick={() => step("undo", "Undone")}
          >
            Undo
          </Button>
          <Button
            refusal={state.future.length === 0 ? "There is nothing to redo." : undefined}
            onClick={() => step("redo", "Redone")}
          >
            Redo
          </Button>
        </span>
      </div>
      {draft.fault !== null && view !== "json" && (
        <p role="note" className="border-l-4 border-degraded pl-2">
          The JSON cannot be read (line {draft.fault.line}): this is the last rule that could. A
          change here takes its place; undo brings the text back.
        </p>
      )}
      {view === "blocks" && (
        <RuleTree
          rule={draft.rule}
          focus={focus}
          catalogue={catalogue}
          problems={problems}
          counts={counts}
          dispatch={dispatch}
        />
      )}
      {view === "words" && <WordsView rule={draft.rule} segments={catalogue.segments} />}
      {view === "json" && (
        <JsonView
          draft={draft}
          problems={problems}
          onChange={(text) => dispatch({ type: "text", text })}
        />
      )}
    </div>
  );
}
