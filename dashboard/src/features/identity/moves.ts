// Where arrow keys lead in the picture: along links, in the direction that fits best.
import type { Place } from "@/identity/layout";

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The linked identifier that lies best in a key's direction; undefined where none does. */
export function along(
  key: string,
  from: string,
  neighbours: readonly string[],
  places: ReadonlyMap<string, Place>,
): string | undefined {
  const direction = Object.hasOwn(DIRECTIONS, key) ? DIRECTIONS[key] : undefined;
  const start = places.get(from);
  if (direction === undefined || start === undefined) return undefined;
  let best: string | undefined;
  let most = 0;
  for (const other of neighbours) {
    const place = places.get(other);
    if (place === undefined) continue;
    const [right, down] = [place.x - start.x, place.y - start.y];
    const far = Math.hypot(right, down);
    const fit = far > 0 ? (right * direction[0] + down * direction[1]) / far : 0;
    if (fit > most) [best, most] = [other, fit];
  }
  return best;
}
