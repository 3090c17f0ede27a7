// The graph as a picture: nodes by kind, links, other people's identifiers as ghosts.
import { useRef, type KeyboardEvent } from "react";
import { dashOf } from "@/chart/tone";
import type { Bridge } from "@/identity/bridges";
import type { Drawing } from "@/identity/layout";
import { neighboursOf, type Network, type Node } from "@/identity/network";
import { plural } from "@/lib/number";
import { useMasked } from "@/ui/Mask";
import { Links } from "./Links";
import { along } from "./moves";
import { Shape } from "./Shape";
import { endWords } from "./words";
import { Zoom } from "./Zoom";

interface Props {
  readonly title: string;
  readonly network: Network;
  readonly drawing: Drawing;
  readonly bridges: ReadonlyMap<string, Bridge>;
  readonly groups: ReadonlyMap<string, number>;
  readonly at: number;
  readonly chosen: readonly (string | undefined)[];
  readonly link: string | undefined;
  readonly onPath: ReadonlySet<string>;
  readonly onNode: (key: string) => void;
  readonly onLink: (id: string) => void;
}

/** Nodes are buttons in reading order: Tab enters, arrows go along links, Page keys step. */
export function Picture(props: Props) {
  const { title, network, drawing, bridges, groups, chosen, at } = props;
  const isMasked = useMasked();
  const picture = useRef<SVGGElement>(null);
  const neighbours = neighboursOf(network.edges);
  const order = network.nodes.map((node) => node.key);
  const entry = chosen.find((key) => key !== undefined && order.includes(key)) ?? order[0];

  const focus = (key: string | undefined) => {
    const place = key === undefined ? -1 : order.indexOf(key);
    picture.current?.querySelectorAll<SVGGElement>('[role="button"]')[place]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent, key: string) => {
    const place = order.indexOf(key);
    const linked = (neighbours.get(key) ?? []).map((way) => way.to);
    const ends: Record<string, string | undefined> = {
      Home: order[0],
      End: order.at(-1),
      PageDown: order[place + 1],
      PageUp: order[place - 1],
    };
    if (event.key === "Enter" || event.key === " ") props.onNode(key);
    else {
      const next = along(event.key, key, linked, drawing.places) ?? ends[event.key];
      if (next === undefined) return;
      focus(next);
    }
    event.preventDefault();
  };
  const nameOf = (node: Node) => {
    const degree = neighbours.get(node.key)?.length ?? 0;
    const whose = node.isGhost ? ", not this person's" : "";
    return `${node.kind} ${endWords(node, isMasked)}, ${plural(degree, "link", "links")}${whose}`;
  };
  return (
    <Zoom title={title} width={drawing.width} height={drawing.height}>
      {drawing.columns.map((column) => (
        <text
          key={column.kind}
          x={column.x}
          y={20}
          textAnchor="middle"
          className="fill-quiet text-table"
        >
          {column.kind} ({column.count})
        </text>
      ))}
      <Links
        edges={network.edges}
        drawing={drawing}
        bridges={bridges}
        isStraight={drawing.columns.length === 0}
        selected={props.link}
        onPath={props.onPath}
        at={at}
        onSelect={props.onLink}
      />
      <g ref={picture}>
        {network.nodes.map((node) => {
          const place = drawing.places.get(node.key);
          const group = groups.get(node.key);
          // Not there yet at the instant that is shown.
          const isLater = group === undefined && !node.isGhost;
          return (
            <g
              key={node.key}
              role="button"
              tabIndex={node.key === entry ? 0 : -1}
              aria-label={nameOf(node)}
              aria-pressed={chosen.includes(node.key)}
              transform={`translate(${place?.x ?? 0} ${place?.y ?? 0})`}
              className="cursor-pointer"
              onClick={() => props.onNode(node.key)}
              onKeyDown={(event) => onKeyDown(event, node.key)}
            >
              <circle r={14} fill="transparent" />
              <g opacity={isLater ? 0.2 : 1}>
                <Shape
                  kind={node.kind}
                  isGhost={node.isGhost}
                  isChosen={chosen.includes(node.key)}
                  dash={dashOf(group ?? 0)}
                />
              </g>
              <text
                y={24}
                textAnchor="middle"
                className={`${isLater ? "fill-quiet" : "fill-ink"} stroke-surface text-note [paint-order:stroke]`}
                strokeWidth={3}
              >
                {short(endWords(node, isMasked))} {neighbours.get(node.key)?.length ?? 0}
              </text>
            </g>
          );
        })}
      </g>
    </Zoom>
  );
}

const LETTERS = 18;

function short(text: string): string {
  const letters = Array.from(text);
  return letters.length <= LETTERS ? text : `${letters.slice(0, LETTERS - 1).join("")}…`;
}
