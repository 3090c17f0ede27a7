// A part of a page under a heading.
import { useId, type ReactNode } from "react";

interface Props {
  readonly title: string;
  /** What stands at the right of the heading: links, buttons. */
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A section with its heading. */
export function Card({ title, aside, className = "", children }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={`min-w-0 rounded-card border border-line bg-surface p-4 ${className}`}
    >
      <header className="mb-3 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 id={id} className="text-lead">
          {title}
        </h2>
        {aside !== undefined && <div className="min-w-0 max-w-full text-table">{aside}</div>}
      </header>
      {children}
    </section>
  );
}
