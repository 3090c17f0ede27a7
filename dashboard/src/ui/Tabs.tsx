// Tabs whose choice stands in the address: links, so that each has an address of its own.
import { Link } from "@tanstack/react-router";

interface Props<Name extends string> {
  /** What the tabs are of, for a screen reader. */
  readonly label: string;
  readonly tabs: Readonly<Record<Name, string>>;
  readonly current: Name;
  /** The search parameter that holds the choice. */
  readonly parameter?: string;
}

/** A row of tabs. */
export function Tabs<Name extends string>({
  label,
  tabs,
  current,
  parameter = "tab",
}: Props<Name>) {
  return (
    <nav aria-label={label} className="flex flex-wrap gap-1 border-b border-line">
      {(Object.entries(tabs) as [Name, string][]).map(([name, title]) => (
        <Link
          key={name}
          to="."
          search={((earlier: object) => ({ ...earlier, [parameter]: name })) as never}
          replace
          aria-current={name === current ? "page" : undefined}
          className="-mb-px border-b-2 border-transparent px-3 py-2 text-ink no-underline aria-[current=page]:border-focus aria-[current=page]:font-[650]"
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}
