// A date and time as the workspace's clocks show it, wherever the browser is.
import { useId } from "react";
import { instantOfWall, wallText } from "@/chart/zone";
import { useZone } from "./zone";

interface Props {
  readonly label: string;
  /** Undefined: none is chosen. */
  readonly at: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly onChange: (at: string) => void;
}

/** A field for an instant; what is half typed is none yet. */
export function InstantField({ label, at, from, to, onChange }: Props) {
  const id = useId();
  const zone = useZone();
  const text = (instant: string | undefined) =>
    instant === undefined ? undefined : wallText(Date.parse(instant), zone);
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        key={at === undefined ? "none" : "own"}
        id={id}
        type="datetime-local"
        title={`In ${zone}`}
        defaultValue={text(at) ?? ""}
        min={text(from)}
        max={text(to)}
        onChange={({ target }) => {
          const chosen = instantOfWall(target.value, zone);
          if (chosen !== null) onChange(new Date(chosen).toISOString());
        }}
      />
    </>
  );
}
