// Decisions, alerts and anomalies as signs on a strip above the time axis.
import type { Scale } from "@/chart/scale";
import { MARKERS } from "@/chart/tone";
import type { Area, Marker, MarkerKind } from "@/chart/types";

/** Room for the strip, in pixels. */
export const MARKERS_HEIGHT = 18;
/** Half of a sign: a group begins so far left of its first marker. */
const HALF = 5;
/** A sign or a digit at most, in pixels. */
const LETTER = 9;
const GAP = 4;

export interface MarkerGroup {
  /** Where its first marker is, or further left where it would not end within the area. */
  readonly place: number;
  readonly markers: readonly Marker[];
}

/** Each kind of a group once, with how many of it there are. */
function countsOf(markers: readonly Marker[]): [MarkerKind, number][] {
  const counts = new Map<MarkerKind, number>();
  for (const { kind } of markers) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts];
}

const countText = (count: number) => (count > 1 ? String(count) : "");

/** How wide a group is drawn at most, in pixels. */
export function widthOf(markers: readonly Marker[]): number {
  const widths = countsOf(markers).map(([, count]) => (1 + countText(count).length) * LETTER);
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}

/** Markers that would cover each other stand as one group, of whatever kinds, none past `right`. */
export function grouped(
  markers: readonly Marker[],
  x: (at: number) => number,
  right = Number.POSITIVE_INFINITY,
): MarkerGroup[] {
  const groups: { place: number; markers: Marker[] }[] = [];
  for (const marker of markers.toSorted((a, b) => a.at - b.at)) {
    const place = x(marker.at);
    const last = groups.at(-1);
    if (last && place - last.place < widthOf(last.markers) + GAP) last.markers.push(marker);
    else groups.push({ place, markers: [marker] });
  }
  for (;;) {
    const [before, last] = groups.slice(-2);
    const room = last && Math.min(last.place, right + HALF - widthOf(last.markers));
    if (!before || !last || room === undefined) break;
    if (before.place + widthOf(before.markers) + GAP <= room) break;
    groups.splice(-2, 2, { place: before.place, markers: [...before.markers, ...last.markers] });
  }
  const last = groups.at(-1);
  if (last) last.place = Math.min(last.place, right + HALF - widthOf(last.markers));
  return groups;
}

interface MarkersProps {
  readonly markers: readonly Marker[];
  readonly x: Scale;
  readonly area: Area;
}

export function Markers({ markers, x, area }: MarkersProps) {
  const shown = markers.filter(({ at }) => x(at) >= area.left - 0.5 && x(at) <= area.right + 0.5);
  return (
    <g>
      {grouped(shown, x, area.right).map(({ place, markers: inside }) => (
        <text
          key={`${place} ${inside[0]?.kind}`}
          x={place - HALF}
          y={area.bottom + MARKERS_HEIGHT - 5}
          className="text-note font-[650]"
        >
          {countsOf(inside).map(([kind, count], nth) => (
            <tspan key={kind} dx={nth === 0 ? 0 : GAP} className={MARKERS[kind].fill}>
              {MARKERS[kind].sign}
              {countText(count)}
            </tspan>
          ))}
          <title>
            {inside.map(({ kind, label }) => `${MARKERS[kind].word}: ${label}`).join("\n")}
          </title>
        </text>
      ))}
    </g>
  );
}
