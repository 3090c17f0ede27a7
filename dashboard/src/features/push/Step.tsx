// One step of a push's story.
import type { ReactNode } from "react";

interface Props {
  readonly number: number;
  readonly title: string;
  /** When it happened, or what it is: beside the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A step with its number. */
export function Step({ number, title, aside, children }: Props) {
  return (
    <li className="grid grid-cols-[2rem_minmax(0,1fr)] rounded-card border border-line bg-surface p-4">
      <span aria-hidden="true" className="text-lead text-quiet">
        {number}
      </span>
      <div className="min-w-0">
        <h2 className="flex flex-wrap items-baseline gap-x-4 text-lead">
          {title}
          {aside !== undefined && (
            <span className="text-table font-normal text-quiet">{aside}</span>
          )}
        </h2>
        <div className="mt-1 grid gap-2">{children}</div>
      </div>
    </li>
  );
}
