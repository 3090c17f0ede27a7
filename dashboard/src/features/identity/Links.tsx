// The links of the picture: solid holds, double bridges, dashed refused, dotted with ✕ banned.
import type { Bridge } from "@/identity/bridges";
import type { Drawing, Place } from "@/identity/layout";
import type { Edge } from "@/identity/network";

function curve(a: Place, b: Place, isStraight: boolean): string {
  if (isStraight) return `M${a.x} ${a.y} ${b.x} ${b.y}`;
  // Within a column the curve goes around what stands between.
  const bend = a.x === b.x ? -30 - Math.abs(a.y - b.y) / 8 : (b.x - a.x) / 2;
  const other = a.x === b.x ? bend : -bend;
  return `M${a.x} ${a.y}C${a.x + bend} ${a.y} ${b.x + other} ${b.y} ${b.x} ${b.y}`;
}

const DASHES = { linked: undefined, refused: "8 5", banned: "2 5" } as const;

interface Props {
  readonly edges: readonly Edge[];
  readonly drawing: Drawing;
  readonly bridges: ReadonlyMap<string, Bridge>;
  readonly isStraight: boolean;
  readonly selected: string | undefined;
  readonly onPath: ReadonlySet<string>;
  /** Links after this instant are not there yet: pale. */
  readonly at: number;
  readonly onSelect: (id: string) => void;
}

/** Every link under the nodes. The table of links beside it has the same acts for the keyboard. */
export function Links(props: Props) {
  const { edges, drawing, bridges, isStraight, selected, onPath, at, onSelect } = props;
  return (
    <g aria-hidden="true">
      {edges.map((edge) => {
        const [a, b] = [drawing.places.get(edge.a), drawing.places.get(edge.b)];
        if (a === undefined || b === undefined) return null;
        const path = curve(a, b, isStraight);
        const isMarked = edge.id === selected || onPath.has(edge.id);
        const status = edge.link.status;
        return (
          <g key={edge.id} opacity={edge.at > at ? 0.15 : 1} onClick={() => onSelect(edge.id)}>
            <path d={path} fill="none" stroke="transparent" strokeWidth={14} />
            <path
              d={path}
              fill="none"
              className={isMarked ? "stroke-focus" : "stroke-quiet"}
              strokeWidth={bridges.has(edge.id) ? 6 : isMarked ? 3 : 1.5}
              strokeDasharray={DASHES[status]}
            />
            {bridges.has(edge.id) && (
              <path d={path} fill="none" className="stroke-surface" strokeWidth={2.5} />
            )}
            {status === "banned" && (
              <text
                x={(a.x + b.x) / 2}
                y={(a.y + b.y) / 2}
                dy="0.35em"
                textAnchor="middle"
                className="fill-unhealthy text-lead"
              >
                ✕
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}
