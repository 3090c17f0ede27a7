// Laws of changing a rule, of undo, and of the path that is looked at afterwards.
import { expect, test } from "vitest";
import { draftOf, isSameRule } from "./draft";
import { drawnAction, drawnRule } from "./drawn";
import { isGroup, move, outermost, put, remove, shift, toggleNot, unwrap, wrap } from "./edit";
import { nodeAt, nodePath, parsePath, placed, spell } from "./path";
import { seeded } from "./random";
import { readRule } from "./read";
import { editorOf, type EditorState, reduce } from "./reducer";
import type { Rule } from "./types";

const random = seeded(11);
const RULES = Array.from({ length: 200 }, () => drawnRule(random));

function leaves(rule: Rule): string[] {
  const found = placed(rule).filter(({ node }) => !isGroup(node) && node.type !== "not");
  return found.map(({ node }) => JSON.stringify(node)).toSorted();
}

/** Of a double negation, what is negated: toggling takes one away, and then the other. */
function doubled(node: Rule): Rule {
  return node.type === "not" && node.of.type === "not" ? node.of.of : node;
}

test("a path names its node, and is spelled as it is read", () => {
  for (const rule of RULES) {
    for (const { path, node } of placed(rule)) {
      expect(nodeAt(rule, path)).toBe(node);
      expect(parsePath(spell(path))).toEqual(path);
      expect(nodePath(rule, [...path, "condition", "op"])).toEqual({
        node: path,
        rest: ["condition", "op"],
      });
    }
  }
  expect(["", "$.", "$[x]", "of", "$..a", "$.a[1"].map(parsePath)).toEqual(Array(6).fill(null));
});

test("what is put somewhere is there, and nothing else changes", () => {
  const node: Rule = { type: "segment", segment: 99 };
  for (const rule of RULES) {
    for (const { path, node: before } of placed(rule)) {
      const changed = put(rule, path, node);
      expect(nodeAt(changed, path)).toBe(node);
      expect(put(changed, path, before)).toEqual(rule);
    }
  }
});

test("toggling, wrapping and shifting can be taken back", () => {
  for (const rule of RULES) {
    for (const { path, node } of placed(rule)) {
      const isDouble = node.type === "not" && node.of.type === "not";
      const twice = toggleNot(toggleNot(rule, path).rule, path).rule;
      expect(twice).toEqual(isDouble ? put(rule, path, doubled(node)) : rule);
      expect(unwrap(wrap(rule, path, "any").rule, path).rule).toEqual(rule);
      const down = shift(rule, path, 1);
      if (down.rule !== rule) expect(shift(down.rule, down.focus, -1).rule).toEqual(rule);
    }
  }
});

test("moving loses and doubles nothing, and the moved node is in focus", () => {
  for (const rule of RULES) {
    for (const { path } of placed(rule)) {
      for (const { path: group, node } of placed(rule)) {
        const to = { group, index: random.below(4) };
        const moved = move(rule, path, to);
        expect(leaves(moved.rule)).toEqual(leaves(rule));
        if (!isGroup(node)) expect(moved.rule).toBe(rule);
        if (moved.rule !== rule) {
          expect(nodeAt(moved.rule, moved.focus)).toEqual(nodeAt(rule, outermost(rule, path)));
        }
      }
    }
  }
});

test("removing takes a node with its negations away and nothing else", () => {
  for (const rule of RULES) {
    for (const { path, node } of placed(rule)) {
      const { rule: left, focus } = remove(rule, path);
      expect(nodeAt(left, focus)).not.toBeNull();
      expect([...leaves(left), ...leaves(node)].toSorted()).toEqual(leaves(rule));
    }
  }
});

test("after any changes undo leads back step by step, and redo forth again", () => {
  for (let run = 0; run < 60; run += 1) {
    const seen: EditorState[] = [editorOf(draftOf(drawnRule(random)))];
    let state = seen[0] as EditorState;
    for (let step = 0; step < 30; step += 1) {
      const next = reduce(state, drawnAction(random, state.now.draft.rule));
      expect("rule" in readRule(next.now.draft.rule)).toBe(true);
      expect(nodeAt(next.now.draft.rule, next.now.focus)).not.toBeNull();
      if (next.past.length > state.past.length) seen.push(next);
      else if (next !== state) seen[seen.length - 1] = next;
      state = next;
    }
    const end = state;
    for (const before of seen.toReversed().slice(1)) {
      state = reduce(state, { type: "undo" });
      expect(isSameRule(state.now.draft.rule, before.now.draft.rule)).toBe(true);
    }
    expect(reduce(state, { type: "undo" })).toBe(state);
    for (let step = 1; step < seen.length; step += 1) state = reduce(state, { type: "redo" });
    expect(state.now).toEqual(end.now);
    expect(reduce(state, { type: "redo" })).toBe(state);
  }
});

test("typing in one field is one step of undo; another field is another", () => {
  const start: Rule = { type: "trait", name: "", condition: { op: "exists" } };
  let state = editorOf(draftOf(start));
  for (const name of ["p", "pl", "plan"]) {
    state = reduce(state, { type: "put", path: [], node: { ...start, name }, typing: "$.name" });
  }
  expect(state.past).toHaveLength(1);
  state = reduce(state, { type: "focus", path: [] });
  state = reduce(state, { type: "put", path: [], node: start, typing: "$.name" });
  expect(state.past).toHaveLength(2);
});
