// Textures of states and series as SVG patterns; ids begin with the chart's own, so none clash.
import type { ReactNode } from "react";
import { SERIES_MOST, STATE_FILLS, STATE_STROKES, fillOf, strokeOf } from "@/chart/tone";
import type { State } from "@/chart/types";

/** An id of `useId` without the characters that `url(#…)` does not take. */
export const cleanId = (id: string): string => `chart-${id.replaceAll(/[^\w-]/g, "")}`;
export const stateFill = (id: string, state: State): string => `url(#${id}-${state})`;
export const seriesFill = (id: string, index: number): string =>
  `url(#${id}-series-${index % SERIES_MOST})`;

const HATCH = "M-2 2 2 -2M0 8 8 0M6 10 10 6";
const BACK_HATCH = "M-2 6 2 10M0 0 8 8M6 -2 10 2";
/** Lines over each series' pale ground; diagonals are left to the states. */
const TEXTURES = [
  "M0 0H8V8H0Z",
  "M0 1H8M0 5H8",
  "M1 1h2M5 5h2",
  "M1 0V8M5 0V8",
  "M0 4H8",
  "M1 1h3v3h-3z",
] as const;

interface PatternProps {
  readonly id: string;
  readonly children: ReactNode;
}

function Texture({ id, children }: PatternProps) {
  return (
    <pattern id={id} width={8} height={8} patternUnits="userSpaceOnUse">
      {children}
    </pattern>
  );
}

/** Healthy solid, degraded hatched at 45°, unhealthy cross-hatched. Unknown has no fill. */
export function StatePatterns({ id }: { readonly id: string }) {
  return (
    <defs>
      <Texture id={`${id}-healthy`}>
        <rect width={8} height={8} className={STATE_FILLS.healthy} />
      </Texture>
      <Texture id={`${id}-degraded`}>
        <rect width={8} height={8} className={STATE_FILLS.degraded} opacity={0.25} />
        <path d={HATCH} className={STATE_STROKES.degraded} strokeWidth={2.5} />
      </Texture>
      <Texture id={`${id}-unhealthy`}>
        <rect width={8} height={8} className={STATE_FILLS.unhealthy} opacity={0.35} />
        <path d={HATCH + BACK_HATCH} className={STATE_STROKES.unhealthy} strokeWidth={2} />
      </Texture>
    </defs>
  );
}

export function SeriesPatterns({ id, count }: { readonly id: string; readonly count: number }) {
  return (
    <defs>
      {TEXTURES.slice(0, count).map((path, index) => (
        <Texture key={path} id={`${id}-series-${index}`}>
          <rect width={8} height={8} className={fillOf(index)} opacity={index === 0 ? 1 : 0.4} />
          <path
            d={path}
            className={strokeOf(index)}
            strokeWidth={index === 0 ? 0 : 2}
            fill="none"
          />
        </Texture>
      ))}
    </defs>
  );
}
