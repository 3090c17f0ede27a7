// What can be done with a block: negate, group, ungroup, move, remove.
import { isGroup } from "@/rule/edit";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import type { Action } from "@/rule/reducer";
import type { RuleBlockProps } from "./RuleBlock";

/** Buttons of one block. Each has a key, too. */
export function BlockTools({ block, level, position, siblings, dispatch }: RuleBlockProps) {
  const announce = useAnnounce();
  const { path, inner, nots, node } = block;
  const act = (action: Action, says: string) => {
    dispatch(action);
    announce(says);
  };
  const canOpen = isGroup(node) && (node.of.length === 1 || (level > 1 && nots === 0));
  return (
    <span className="ml-auto flex flex-wrap gap-1">
      <Button
        look="bare"
        className="px-2"
        aria-pressed={nots > 0}
        onClick={() => act({ type: "toggleNot", path }, nots > 0 ? "Not negated" : "Negated")}
      >
        Not
      </Button>
      <Button
        look="bare"
        className="px-2"
        onClick={() => act({ type: "wrap", path, group: "any" }, "Put into a group")}
      >
        Group
      </Button>
      {canOpen && (
        <Button
          look="bare"
          className="px-2"
          onClick={() => act({ type: "unwrap", path: inner }, "Group taken apart")}
        >
          Ungroup
        </Button>
      )}
      {position > 1 && (
        <Button
          look="bare"
          className="px-2"
          aria-label="Move up"
          onClick={() => act({ type: "shift", path, by: -1 }, "Moved up")}
        >
          ↑
        </Button>
      )}
      {position < siblings && (
        <Button
          look="bare"
          className="px-2"
          aria-label="Move down"
          onClick={() => act({ type: "shift", path, by: 1 }, "Moved down")}
        >
          ↓
        </Button>
      )}
      <Button
        look="bare"
        className="px-2"
        aria-label="Remove"
        onClick={() => act({ type: "remove", path }, "Removed")}
      >
        ×
      </Button>
    </span>
  );
}
