// The sidebar: sections that fold, the whole of it down to icons, a drawer on narrow windows.
import { Link } from "@tanstack/react-router";
import { Icon } from "@/ui/Icon";
import { useKept } from "@/ui/kept";
import { formatEstimate } from "@/lib/number";
import { useBadges, type Counted } from "./badges";
import { SECTIONS, type Section } from "./navigation";

interface Props {
  readonly isNarrow: boolean;
  /** Called when a link was followed: the drawer closes then. */
  readonly onFollow?: () => void;
}

/** All sections of the sidebar. */
export function Sidebar({ isNarrow, onFollow }: Props) {
  return (
    <nav aria-label="Main" className="grid gap-1 p-2">
      {SECTIONS.map((section) => (
        <Part
          key={section.name}
          section={section}
          isNarrow={isNarrow}
          {...(onFollow && { onFollow })}
        />
      ))}
    </nav>
  );
}

/** Where the choice of an open section is kept: `cdpExpanded` and its like. */
function keptName(section: Section): string {
  return `${section.name.toLowerCase()}Expanded`;
}

function Part({ section, isNarrow, onFollow }: Props & { readonly section: Section }) {
  const [kept, keepExpanded] = useKept(keptName(section), "true");
  const badges = useBadges();
  const isExpanded = kept === "true";
  const total = section.entries.reduce((sum, entry) => sum + (badges[entry.to]?.count ?? 0), 0);
  return (
    <div>
      {!isNarrow && (
        <button
          type="button"
          aria-expanded={isExpanded}
          onClick={() => keepExpanded(String(!isExpanded))}
          className="flex min-h-9 w-full items-center gap-2 rounded-control px-2 text-left text-note font-[650] text-quiet hover:bg-line/50"
        >
          <Icon name={isExpanded ? "down" : "right"} />
          {section.name}
          {!isExpanded && total > 0 && <Badge count={total} meaning="in this section" />}
        </button>
      )}
      {(isExpanded || isNarrow) && (
        <ul>
          {section.entries.map((entry) => {
            const badge = badges[entry.to];
            return (
              <li key={entry.to}>
                <Link
                  to={entry.to}
                  activeOptions={{ exact: entry.to === "/cdp", includeSearch: false }}
                  title={isNarrow ? entry.name : undefined}
                  {...(onFollow && { onClick: onFollow })}
                  className="flex min-h-9 items-center gap-2 rounded-control px-2 text-ink no-underline hover:bg-line/50 aria-[current=page]:bg-line/60 aria-[current=page]:font-[650]"
                >
                  <Icon name={entry.icon} />
                  <span className={isNarrow ? "sr-only" : ""}>{entry.name}</span>
                  {badge !== undefined && badge.count > 0 && (
                    <Badge {...badge} isNarrow={isNarrow} />
                  )}
                </Link>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

interface BadgeProps extends Counted {
  readonly isNarrow?: boolean;
}

function Badge({ count, isExact = true, meaning, isNarrow = false }: BadgeProps) {
  return (
    <span
      className={`rounded-full border border-edge px-1.5 text-note ${isNarrow ? "sr-only" : "ml-auto"}`}
    >
      {formatEstimate(count, isExact)}
      <span className="sr-only"> {meaning}</span>
    </span>
  );
}
