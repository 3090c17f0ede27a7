// The cursor that all charts of a page share: one instant, in a store outside React's state.
import { type ReactNode, createContext, use, useState, useSyncExternalStore } from "react";
import type { Scale } from "@/chart/scale";
import type { Area } from "@/chart/types";

export interface CursorStore {
  readonly get: () => number | null;
  readonly set: (at: number | null) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createCursor(): CursorStore {
  let now: number | null = null;
  const listeners = new Set<() => void>();
  return {
    get: () => now,
    set: (at) => {
      if (at !== now) {
        now = at;
        for (const listener of listeners) {
          listener();
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const Shared = createContext<CursorStore | null>(null);

/** Charts inside move their cursors together. */
export function CursorProvider({ children }: { readonly children: ReactNode }) {
  const [store] = useState(createCursor);
  return <Shared value={store}>{children}</Shared>;
}

/** The page's cursor, or the chart's own where the page shares none. */
export function useCursorStore(): CursorStore {
  const [own] = useState(createCursor);
  return use(Shared) ?? own;
}

export function useCursorAt(store: CursorStore): number | null {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

interface CursorProps {
  readonly at: number | null;
  readonly x: Scale;
  readonly area: Area;
  readonly dots?: readonly number[];
}

/** The line at the cursor, and a dot on each value there. */
export function Cursor({ at, x, area, dots = [] }: CursorProps) {
  if (at === null) {
    return null;
  }
  const place = x(at);
  if (place < area.left - 1 || place > area.right + 1) {
    return null;
  }
  return (
    <g pointerEvents="none">
      <line
        x1={place}
        x2={place}
        y1={area.top}
        y2={area.bottom}
        className="stroke-ink"
        strokeWidth={1}
      />
      {dots.map((y) => (
        <circle
          key={y}
          cx={place}
          cy={y}
          r={3.5}
          className="fill-surface stroke-ink"
          strokeWidth={2}
        />
      ))}
    </g>
  );
}
