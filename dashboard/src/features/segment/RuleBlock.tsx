// One block of the tree: its fields, what can be done with it, and the blocks below it.
import type { Block } from "@/rule/blocks";
import { isGroup } from "@/rule/edit";
import { nodeWords } from "@/rule/words";
import { type Path, spell } from "@/rule/path";
import { problemsAt, problemsBelow } from "@/rule/problems";
import type { Closed } from "@/rule/tree";
import type { GroupNode } from "@/rule/types";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { BlockTools } from "./BlockTools";
import { NodeFields } from "./block/NodeFields";
import type { TreeProps } from "./tree";

export interface RuleBlockProps extends TreeProps {
  readonly block: Block;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  /** The block that has the focus, or would have it. */
  readonly current: string;
  readonly closed: Closed;
  readonly onOpen: (path: Path, isOpen: boolean) => void;
  readonly onAdd: (path: Path) => void;
}

/** A block. Its name is its words, so that a screen reader says the condition first. */
export function RuleBlock(props: RuleBlockProps) {
  const { block, level, position, siblings, current, closed, catalogue, problems } = props;
  const { node, inner, nots } = block;
  const path = spell(block.path);
  const isOpen = !closed.has(path);
  const wrong = problemsBelow(problems, block.path);
  const names = { segment: (id: number) => nameOf(catalogue.segments, id) };
  const words = `${"not: ".repeat(nots)}${nodeWords(node, names)}`;
  const count = props.counts.get(spell(inner));
  return (
    <li
      role="treeitem"
      aria-level={level}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-expanded={block.children.length > 0 ? isOpen : undefined}
      aria-selected={path === current}
      aria-label={wrong > 0 ? `${words}; ${wrong} to correct` : words}
      data-path={path}
      tabIndex={path === current ? 0 : -1}
      className={`rounded-card border bg-surface p-2 ${wrong > 0 ? "border-unhealthy" : "border-line"}`}
    >
      <div className="flex flex-wrap items-start gap-2">
        {nots > 0 && <strong className="py-2">{"Not: ".repeat(nots).trim()}</strong>}
        {isGroup(node) ? (
          <GroupHead {...props} node={node} isOpen={isOpen} />
        ) : (
          <NodeFields
            node={node}
            catalogue={catalogue}
            problems={problemsAt(problems, inner)}
            onChange={(next) =>
              props.dispatch({ type: "put", path: inner, node: next, typing: spell(inner) })
            }
          />
        )}
        {count !== undefined && <span className="ml-auto py-2">{count.text}</span>}
        <BlockTools {...props} />
      </div>
      <Messages {...props} />
      {isGroup(node) && isOpen && <Below {...props} />}
    </li>
  );
}

function GroupHead({
  node,
  block,
  isOpen,
  onOpen,
  dispatch,
}: RuleBlockProps & {
  readonly node: GroupNode;
  readonly isOpen: boolean;
}) {
  return (
    <>
      {block.children.length > 0 && (
        <Button
          look="bare"
          className="px-2"
          aria-label={isOpen ? "Close the group" : "Open the group"}
          onClick={() => onOpen(block.path, !isOpen)}
        >
          <Icon name={isOpen ? "down" : "right"} />
        </Button>
      )}
      <select
        aria-label="How many must hold"
        value={node.type}
        onChange={(event) => {
          const type = event.target.value === "any" ? "any" : "all";
          dispatch({ type: "put", path: block.inner, node: { ...node, type } });
        }}
      >
        <option value="all">All of</option>
        <option value="any">Any of</option>
      </select>
      {node.of.length === 0 && (
        <span className="py-2 text-quiet">
          {node.type === "all" ? "nothing: everybody" : "nothing: nobody"}
        </span>
      )}
    </>
  );
}

/** Problems of the whole block, which no field shows. */
function Messages({ block, problems }: RuleBlockProps) {
  const own = [...problemsAt(problems, block.inner), ...problemsAt(problems, block.path)];
  const whole = new Set(own.filter(({ rest }) => rest.length === 0).map(({ message }) => message));
  return [...whole].map((message) => (
    <p key={message} className="text-note text-unhealthy">
      {message}
    </p>
  ));
}

function Below(props: RuleBlockProps) {
  const { block, level, onAdd } = props;
  return (
    <>
      <ul role="group" className="mt-2 ml-2 grid gap-2 border-l border-line pl-3">
        {block.children.map((child, index) => (
          <RuleBlock
            {...props}
            key={spell(child.path)}
            block={child}
            level={level + 1}
            position={index + 1}
            siblings={block.children.length}
          />
        ))}
      </ul>
      <Button look="bare" className="mt-1" onClick={() => onAdd(block.path)}>
        <Icon name="plus" /> condition or group
      </Button>
    </>
  );
}

function nameOf(segments: readonly { id: number; name: string }[], id: number): string {
  return segments.find((one) => one.id === id)?.name ?? String(id);
}
