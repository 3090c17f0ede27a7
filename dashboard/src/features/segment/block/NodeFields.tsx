// The fields of a node, whatever it is; groups have theirs in the tree.
import type { LeafNode } from "@/rule/types";
import { EventBlock } from "./EventBlock";
import { ConsentBlock, IdentifierBlock, LifecycleBlock, SegmentBlock } from "./FactBlocks";
import type { BlockProps } from "./props";
import { RfmBlock } from "./RfmBlock";
import { SequenceBlock } from "./SequenceBlock";
import { TraitBlock } from "./TraitBlock";

interface Props extends Omit<BlockProps<"event">, "node" | "onChange"> {
  readonly node: LeafNode;
  readonly onChange: (node: LeafNode) => void;
}

/** One of the blocks. */
export function NodeFields({ node, ...shared }: Props) {
  switch (node.type) {
    case "trait":
    case "computed":
      return <TraitBlock node={node} {...shared} />;
    case "lifecycle":
      return <LifecycleBlock node={node} {...shared} />;
    case "rfm":
      return <RfmBlock node={node} {...shared} />;
    case "consent":
      return <ConsentBlock node={node} {...shared} />;
    case "identifier":
      return <IdentifierBlock node={node} {...shared} />;
    case "segment":
      return <SegmentBlock node={node} {...shared} />;
    case "event":
      return <EventBlock node={node} {...shared} />;
    case "sequence":
      return <SequenceBlock node={node} {...shared} />;
  }
}
