// A rule as a tree of blocks: arrows move, Enter edits, + adds, Delete removes, Alt+↑↓ reorders.
import { type KeyboardEvent, useRef, useState } from "react";
import { draw } from "@/rule/blocks";
import { isGroup } from "@/rule/edit";
import { nodeAt, parsePath, type Path, ROOT, spell } from "@/rule/path";
import { rowAt, rowsOf } from "@/rule/tree";
import { useAnnounce } from "@/ui/Announcer";
import { focusItem, itemOf, useItemFocus } from "@/ui/focus";
import { AddBlock } from "./AddBlock";
import { RuleBlock } from "./RuleBlock";
import { blockDeed, type Deed, historyDeed, type TreeProps } from "./tree";

const FIELDS = "input, select, textarea, button";

/** The tree. All changes go through `dispatch`; nothing is kept here but what is closed. */
export function RuleTree(props: TreeProps) {
  const { rule, focus, dispatch } = props;
  const tree = useRef<HTMLUListElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [adding, setAdding] = useState<Path | null>(null);
  const announce = useAnnounce();
  const root = draw(rule);
  const rows = rowsOf(root, closed);
  const current = spell(rowAt(rows, focus)?.block.path ?? ROOT);
  useItemFocus(tree, current, rule);

  const setOpen = (path: Path, isOpen: boolean) => {
    const next = new Set(closed);
    if (isOpen) next.delete(spell(path));
    else next.add(spell(path));
    setClosed(next);
  };
  const act = (deed: Deed, item: Element): boolean => {
    if (deed === null) return false;
    if ("does" in deed) {
      dispatch(deed.does);
      if (deed.says !== null) announce(deed.says);
    } else if ("go" in deed) focusItem(tree.current, spell(deed.go));
    else if ("open" in deed) setOpen(deed.open, true);
    else if ("close" in deed) setOpen(deed.close, false);
    else if ("add" in deed) setAdding(deed.add);
    else item.querySelector<HTMLElement>(FIELDS)?.focus();
    return true;
  };
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    const own = itemOf(target);
    if (own === null) return;
    const isItem = target.dataset.path !== undefined;
    const path = parsePath(own) ?? ROOT;
    const deed = historyDeed(event) ?? (isItem ? blockDeed(event, rule, rows, closed, path) : null);
    if (!isItem && event.key === "Escape") focusItem(tree.current, own);
    if (act(deed, target)) event.preventDefault();
  };
  return (
    <>
      <ul
        ref={tree}
        role="tree"
        aria-label="Rule"
        className="grid gap-2"
        onKeyDown={press}
        onFocus={(event) => {
          const path = itemOf(event.target);
          if (path !== null && path !== current) {
            dispatch({ type: "focus", path: parsePath(path) ?? ROOT });
          }
        }}
      >
        <RuleBlock
          {...props}
          block={root}
          level={1}
          position={1}
          siblings={1}
          current={current}
          closed={closed}
          onOpen={setOpen}
          onAdd={setAdding}
        />
      </ul>
      <AddBlock
        isOpen={adding !== null}
        onClose={() => setAdding(null)}
        onAdd={(node, label) => {
          if (adding === null) return;
          const spot = spotFor(rule, adding);
          // Once the dialog has given the focus back: then it goes on to the new block.
          setTimeout(() => dispatch({ type: "insert", spot, node }));
          announce(`Added: ${label}`);
        }}
      />
    </>
  );
}

/** Where something is added from a block: at the end of a group, else after the block. */
function spotFor(rule: TreeProps["rule"], at: Path): { group: Path; index: number } {
  let path = at;
  let node = nodeAt(rule, path);
  while (node?.type === "not") {
    path = [...path, "of"];
    node = node.of;
  }
  if (node !== null && isGroup(node)) return { group: path, index: node.of.length };
  const index = at.at(-1);
  return typeof index === "number"
    ? { group: at.slice(0, -2), index: index + 1 }
    : { group: ROOT, index: 0 };
}
