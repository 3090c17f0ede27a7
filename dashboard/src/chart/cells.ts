// A grid's cells: how dense a share is drawn, and where arrow keys lead. Pure.

/** 0 (nothing, or not known) to 4 (the most). */
export function densityOf(value: number | null, most: number): number {
  if (value === null || !(value > 0) || !(most > 0)) {
    return 0;
  }
  return Math.min(4, Math.max(1, Math.ceil((value / most) * 4)));
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** The cell that an arrow key leads to; null for other keys and at the edge. */
export function shiftedCell(
  key: string,
  row: number,
  column: number,
  rows: number,
  columns: number,
): readonly [number, number] | null {
  const arrow = Object.hasOwn(ARROWS, key) ? ARROWS[key] : undefined;
  if (!arrow) {
    return null;
  }
  const [down, right] = [row + arrow[0], column + arrow[1]];
  return down >= 0 && down < rows && right >= 0 && right < columns ? [down, right] : null;
}
