// Choosing a range in a chart, by dragging or by keys, and moving the shared cursor.
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import type { CursorStore } from "@/chart/Cursor";
import { moved } from "@/chart/moving";
import type { Scale } from "@/chart/scale";

/** A drag of fewer pixels is a click. */
const DRAG_LEAST = 5;

interface RangeInput {
  readonly x: Scale;
  readonly instants: readonly number[];
  readonly stand: (at: number) => number | null;
  readonly since: number;
  readonly until: number;
  readonly cursor: CursorStore;
  readonly onRange?: ((since: number, until: number) => void) | undefined;
  readonly onRangeBack?: (() => void) | undefined;
}

export function useRange(input: RangeInput) {
  const { x, instants, stand, since, until, cursor, onRange, onRangeBack } = input;
  const [anchor, setAnchor] = useState<number | null>(null);
  const pressedAt = useRef<number | null>(null);

  const choose = (from: number, to: number): void => {
    setAnchor(null);
    pressedAt.current = null;
    const [start, end] = [Math.round(Math.min(from, to)), Math.round(Math.max(from, to))];
    if (end > start) {
      onRange?.(start, end);
    }
  };
  const instantAt = (event: PointerEvent<HTMLElement>): number => {
    const place = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return Math.min(until, Math.max(since, x.invert(place)));
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    if (onRange && event.button === 0) {
      pressedAt.current = instantAt(event);
      event.currentTarget.setPointerCapture(event.pointerId);
    }
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    const at = instantAt(event);
    const pressed = pressedAt.current;
    if (pressed !== null && Math.abs(x(at) - x(pressed)) >= DRAG_LEAST) {
      setAnchor(pressed);
    }
    cursor.set(anchor === null ? (stand(at) ?? at) : at);
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>): void => {
    if (pressedAt.current !== null && anchor !== null) {
      choose(anchor, instantAt(event));
    }
    pressedAt.current = null;
  };
  const drop = (): void => {
    setAnchor(null);
    pressedAt.current = null;
  };
  const onPointerLeave = (): void => {
    if (pressedAt.current === null) {
      cursor.set(null);
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const at = cursor.get();
    const next = moved(instants, at, event.key);
    if (next !== null) {
      cursor.set(next);
    } else if (event.key === "Enter" && onRange && at !== null) {
      if (anchor === null) {
        setAnchor(at);
      } else {
        choose(anchor, at);
      }
    } else if (event.key === "Backspace" && onRangeBack) {
      onRangeBack();
    } else if (event.key === "Escape" && anchor !== null) {
      drop();
    } else {
      return;
    }
    event.preventDefault();
  };
  const handlers = {
    onPointerDown,
    onPointerMove,
    onPointerUp,
    onPointerCancel: drop,
    onPointerLeave,
    onKeyDown,
    onDoubleClick: () => onRangeBack?.(),
  };
  return { anchor, handlers };
}
