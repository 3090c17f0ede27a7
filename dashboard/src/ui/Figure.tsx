// One number that matters: its name, how exact and how old it is, and where it leads.
import type { ReactNode } from "react";
import { formatEstimate } from "@/lib/number";
import { Time } from "./Time";

interface Props {
  readonly name: string;
  /** The number; null where nobody knows it, shown as a dash, never as zero. */
  readonly value: number | null | undefined;
  /** False for an estimate: ≈. */
  readonly isExact?: boolean;
  /** A text instead of the number: money. */
  readonly text?: string | undefined;
  readonly asOf?: string | null | undefined;
  /** The name as a link, made by the caller. */
  readonly link?: ReactNode;
  /** A spark line or a note below. */
  readonly children?: ReactNode;
}

/** A figure. */
export function Figure({ name, value, isExact = true, text, asOf, link, children }: Props) {
  const known = value === null || value === undefined ? "–" : formatEstimate(value, isExact);
  return (
    <div className="min-w-0 rounded-card border border-line bg-surface p-4">
      <p className="text-table text-quiet">{link ?? name}</p>
      <p className="text-heading font-[650] break-words">{text ?? known}</p>
      {children}
      {asOf !== undefined && (
        <p className="text-note text-quiet">
          as of <Time at={asOf} />
        </p>
      )}
    </div>
  );
}
