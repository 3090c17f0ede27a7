// The state of the editor: what is typed, over which version, and what is kept of it.
import { useReducer, useState } from "react";
import { draftOf } from "@/rule/draft";
import { ROOT } from "@/rule/path";
import { editorOf, reduce } from "@/rule/reducer";
import type { Rule } from "@/rule/types";
import { keepTyped, typedText as keptText, useTypedKept } from "@/ui/tabKept";
import { type Fields, isSaved, readTyped, type Start, typedOf, typedText } from "./typed";

/** The typed state of a segment's editor; `keptAs` names it in this tab. */
export function useEditing(start: Start, keptAs: string) {
  const [restored] = useState(() => readTyped(keptText(keptAs)));
  const first = restored ?? typedOf(start);
  const [saved, setSaved] = useState(start);
  const [base, setBase] = useState(first.base);
  const [fields, setFields] = useState<Fields>(first.fields);
  const [wasRestored, setRestored] = useState(restored !== null);
  const [state, dispatch] = useReducer(reduce, first.draft, editorOf);
  const { draft } = state.now;
  useTypedKept(keptAs, typedText({ base, fields, draft }, saved));

  /** Take a saved version for what is there now. */
  const become = (next: Start) => {
    setSaved(next);
    setBase(next.version);
    setFields(next.fields);
    setRestored(false);
    keepTyped(keptAs, null);
  };
  return {
    state,
    dispatch,
    draft,
    fields,
    setFields,
    base,
    setBase,
    saved,
    become,
    wasRestored,
    isSaved: isSaved(fields, draft, saved),
    /** Throw away what was typed. */
    discard: () => {
      become(start);
      dispatch({ type: "load", draft: draftOf(start.rule) });
    },
    /** Go on from a version that somebody else saved, with its rule; undo brings the typed one back. */
    take: (version: number, rule: Rule) => {
      setSaved({ ...saved, version, rule });
      setBase(version);
      dispatch({ type: "put", path: ROOT, node: rule });
    },
  };
}
