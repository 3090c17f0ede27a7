// A metric over time with the range that the engine expected of it.
import type { ComponentProps } from "react";
import { Line } from "@/chart/Line";
import { keptText, type Measured, pointsOf } from "./measured";

interface Props extends Omit<ComponentProps<typeof Line>, "series" | "expected" | "summary"> {
  /** What the line is called. */
  readonly name: string;
  readonly points: readonly Measured[];
  /** What the picture says; of how many points the range is kept where nothing is given. */
  readonly summary?: string;
}

/** The line and its band. */
export function ExpectedLine({ name, points, summary = keptText(points), ...rest }: Props) {
  return <Line {...rest} summary={summary} {...pointsOf(name, points)} />;
}
