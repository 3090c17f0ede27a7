// The editor's state: a draft, what is in focus, and what can be undone and redone.
import { draftOf, type Draft, withText } from "./draft";
import * as edit from "./edit";
import { nodeAt, type Path, ROOT } from "./path";
import type { GroupNode, Rule } from "./types";

export type Moment = { draft: Draft; focus: Path };
export type EditorState = {
  past: readonly Moment[];
  now: Moment;
  future: readonly Moment[];
  /** Which field the last change typed in: the next one there is the same step of undo. */
  typing: string | null;
};

export type Action =
  | { type: "put"; path: Path; node: Rule; typing?: string }
  | { type: "insert"; spot: edit.Spot; node: Rule }
  | { type: "wrap"; path: Path; group: GroupNode["type"] }
  | { type: "unwrap" | "remove" | "toggleNot"; path: Path }
  | { type: "move"; path: Path; to: edit.Spot }
  | { type: "shift"; path: Path; by: -1 | 1 }
  | { type: "text"; text: string }
  | { type: "focus"; path: Path }
  | { type: "undo" | "redo" }
  | { type: "load"; draft: Draft };

/** Steps of undo that are kept. */
const STEPS = 200;

export function editorOf(draft: Draft): EditorState {
  return { past: [], now: { draft, focus: ROOT }, future: [], typing: null };
}

export function reduce(state: EditorState, action: Action): EditorState {
  switch (action.type) {
    case "load":
      return editorOf(action.draft);
    case "focus":
      return { ...state, now: { ...state.now, focus: action.path }, typing: null };
    case "undo":
      return undone(state);
    case "redo":
      return redone(state);
    case "text": {
      const draft = withText(state.now.draft, action.text);
      const focus = nodeAt(draft.rule, state.now.focus) === null ? ROOT : state.now.focus;
      return stepped(state, { draft, focus }, "text");
    }
    default: {
      const { rule, focus } = editedBy(state.now.draft.rule, action);
      if (rule === state.now.draft.rule) return state;
      const typing = action.type === "put" ? (action.typing ?? null) : null;
      return stepped(state, { draft: draftOf(rule), focus }, typing);
    }
  }
}

type Edit = Extract<
  Action,
  { type: "put" | "insert" | "wrap" | "unwrap" | "remove" | "toggleNot" | "move" | "shift" }
>;

function editedBy(rule: Rule, action: Edit): edit.Edited {
  switch (action.type) {
    case "put":
      return { rule: edit.put(rule, action.path, action.node), focus: action.path };
    case "insert":
      return edit.insert(rule, action.spot, action.node);
    case "wrap":
      return edit.wrap(rule, action.path, action.group);
    case "unwrap":
      return edit.unwrap(rule, action.path);
    case "remove":
      return edit.remove(rule, action.path);
    case "toggleNot":
      return edit.toggleNot(rule, action.path);
    case "move":
      return edit.move(rule, action.path, action.to);
    case "shift":
      return edit.shift(rule, action.path, action.by);
  }
}

function stepped(state: EditorState, now: Moment, typing: string | null): EditorState {
  const goesOn = typing !== null && typing === state.typing;
  const past = goesOn ? state.past : [...state.past, state.now].slice(-STEPS);
  return { past, now, future: [], typing };
}

function undone(state: EditorState): EditorState {
  const before = state.past.at(-1);
  if (before === undefined) return state;
  const future = [state.now, ...state.future];
  return { past: state.past.slice(0, -1), now: before, future, typing: null };
}

function redone(state: EditorState): EditorState {
  const [after, ...future] = state.future;
  if (after === undefined) return state;
  return { past: [...state.past, state.now], now: after, future, typing: null };
}
