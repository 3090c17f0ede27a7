// How far something is: a bar with its figures beside it.
interface Props {
  /** What gets on: "sweep 12". */
  readonly label: string;
  /** 0–100. */
  readonly percent: number;
}

/** A bar; the figures in words stand beside it. */
export function Progress({ label, percent }: Props) {
  const shown = Math.min(100, Math.max(0, percent));
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(shown)}
      className="inline-block h-3 w-24 bg-line/60 align-middle"
    >
      <span className="block h-3 bg-series-1" style={{ width: `${shown}%` }} />
    </span>
  );
}
