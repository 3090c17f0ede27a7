// A range of scores as cells that are pressed.
import type { Scores } from "@/rule/types";

/** The range after a cell is pressed: it grows to it, or ends before it. */
export function pressed(scores: Scores | null, score: number): Scores | null {
  if (scores === null) return [score, score];
  const [low, high] = scores;
  if (score < low) return [score, high];
  if (score > high) return [low, score];
  if (low === high) return null;
  if (score === low) return [low + 1, high];
  return [low, score === high ? high - 1 : score];
}
