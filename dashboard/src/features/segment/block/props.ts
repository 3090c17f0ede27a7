// What every block's fields are given.
import type { Problem } from "@/rule/problems";
import type { NodeOf, NodeType } from "@/rule/types";
import type { Catalogue } from "@/rule-ui/catalogue";

export interface BlockProps<Type extends NodeType> {
  readonly node: NodeOf<Type>;
  readonly catalogue: Catalogue;
  /** Of this node alone. */
  readonly problems: readonly Problem[];
  readonly onChange: (node: NodeOf<Type>) => void;
}
