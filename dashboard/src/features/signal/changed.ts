// What is different between two readings of a signal, and where its score is heading.
import type { Schemas } from "@/api/schemas";
import type { Point } from "@/chart/types";

type Reading = Pick<Schemas["Reading"], "components">;

/** A component whose score is another than before. */
export interface Changed {
  readonly name: string;
  readonly from: number | null;
  readonly to: number | null;
}

/** The component that changed most since the reading before; null where none did. */
export function changedSince(newer: Reading, older: Reading): Changed | null {
  const names = new Set([...Object.keys(newer.components), ...Object.keys(older.components)]);
  const scoreIn = (reading: Reading, name: string) => reading.components[name]?.score ?? null;
  let most: Changed | null = null;
  for (const name of names) {
    const one = { name, from: scoreIn(older, name), to: scoreIn(newer, name) };
    if (sizeOf(one) > (most === null ? 0 : sizeOf(most))) most = one;
  }
  return most;
}

/** How far it went; from or to unknown is further than any score goes. */
function sizeOf({ from, to }: Changed): number {
  if (from === null && to === null) return 0;
  return from === null || to === null ? Infinity : Math.abs(Math.floor(to) - Math.floor(from));
}

/** A change in words: "match quality 100 → 63". */
export function changeText({ name, from, to }: Changed): string {
  const text = (score: number | null) => (score === null ? "unknown" : String(Math.floor(score)));
  return `${name.replaceAll("_", " ")} ${text(from)} → ${text(to)}`;
}

/** The way from the newest reading to where the API says that the score crosses a threshold. */
export function forecastOf(
  { reading, outlook }: Pick<Schemas["SignalDetail"], "reading" | "outlook">,
  step: number,
): Point[] {
  if (reading === null || reading.score === null) return [];
  if (outlook.at === null || outlook.crosses === null) return [];
  const [from, to] = [Date.parse(reading.read_at), Date.parse(outlook.at)];
  if (!(to > from) || step <= 0) return [];
  const rise = outlook.crosses - reading.score;
  const points: Point[] = [];
  for (let at = from; at < to; at += step)
    points.push({ at, value: reading.score + (rise * (at - from)) / (to - from) });
  return [...points, { at: to, value: outlook.crosses }];
}
