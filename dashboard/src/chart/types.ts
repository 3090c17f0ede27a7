// What charts draw: points, series, bands, spans and marks, all in epoch milliseconds.
export type State = "healthy" | "degraded" | "unhealthy" | "unknown";

/** One measured value; null where it is not known. Never put zero where nothing is known. */
export interface Point {
  readonly at: number;
  readonly value: number | null;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Drawn dotted: what is expected to come. */
  readonly isForecast?: boolean;
}

/** A region of values with a meaning; `null` is open to that side. The API says the bounds. */
export interface ValueBand {
  readonly from: number | null;
  readonly to: number | null;
  readonly state: State;
  readonly label: string;
}

/** A region of time: an anomaly, a deploy, a hold. `until` is null while it lasts. */
export interface TimeSpan {
  readonly since: number;
  readonly until: number | null;
  readonly label: string;
}

/** What was expected: between `low` and `high` at each instant. */
export interface ExpectedPoint {
  readonly at: number;
  readonly low: number | null;
  readonly high: number | null;
}

export type MarkerKind = "pass" | "hold" | "block" | "freeze" | "alert" | "anomaly" | "note";

/** A thing that happened at one instant, drawn on the time axis. */
export interface Marker {
  readonly at: number;
  readonly kind: MarkerKind;
  readonly label: string;
}

export interface StateSpan {
  readonly since: number;
  readonly until: number;
  readonly state: State;
}

/** What every chart over time takes. */
export interface ChartProps {
  readonly title: string;
  /** The chart in a sentence: "63 at 12:01, falling by 6 an hour". */
  readonly summary: string;
  /** The workspace's time zone: days begin in it. */
  readonly zone: string;
  readonly since: number;
  readonly until: number;
  readonly height?: number;
  readonly spans?: readonly TimeSpan[];
  readonly markers?: readonly Marker[];
  readonly format?: (value: number) => string;
  readonly onRange?: (since: number, until: number) => void;
  readonly onRangeBack?: () => void;
}

/** The drawing area inside a chart's SVG, in CSS pixels. */
export interface Area {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
