// A page's head: its name, which takes the focus on navigation, and the document's title.
import { useEffect, useRef, type ReactNode } from "react";

interface Props {
  /** The name in the heading. */
  readonly title: string;
  /** Where the page belongs, for the document's title: "Signals". */
  readonly place?: string;
  /** What the page is for, in a sentence. */
  readonly lead?: ReactNode;
  /** What can be done here. */
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}

let isFirst = true;

/** A page; when it appears by navigation its heading has the focus. */
export function Page({ title, place, lead, acts, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isFirst) isFirst = false;
    else heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <title>{[title, place, "Stratum"].filter(Boolean).join(" · ")}</title>
      <header className="mb-4 flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
        <div className="min-w-0">
          <h1 ref={heading} tabIndex={-1} className="text-heading break-words">
            {title}
          </h1>
          {lead !== undefined && <p className="text-quiet">{lead}</p>}
        </div>
        {acts !== undefined && <div className="flex flex-wrap gap-2">{acts}</div>}
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">{children}</div>
    </>
  );
}
