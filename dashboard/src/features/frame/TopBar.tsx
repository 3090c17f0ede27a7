// The bar on top: menu, find, what is held, whether the page is live.
import { Link } from "@tanstack/react-router";
import { useLiveState } from "@/api/live";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { formatEstimate } from "@/lib/number";
import { formatInstant } from "@/lib/time";
import { useZone } from "@/ui/zone";
import { Freeze } from "./Freeze";
import { useWaiting } from "./waiting";

interface Props {
  readonly onMenu: () => void;
  readonly onFind: () => void;
  readonly isFreezing: boolean;
  readonly onFreeze: (isFreezing: boolean) => void;
}

/** The top bar. */
export function TopBar({ onMenu, onFind, isFreezing, onFreeze }: Props) {
  return (
    <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b border-line bg-surface px-4">
      <Button look="bare" className="px-2 md:hidden" aria-label="Menu" onClick={onMenu}>
        <Icon name="menu" />
      </Button>
      <Button className="min-w-0 flex-1 justify-start text-quiet md:max-w-md" onClick={onFind}>
        <Icon name="search" />
        <span className="truncate">Find a person, segment, page…</span>
        <kbd className="ml-auto max-md:hidden">/</kbd>
      </Button>
      <span className="ml-auto flex items-center gap-3">
        <Held />
        <Freeze isOpen={isFreezing} onOpen={() => onFreeze(true)} onClose={() => onFreeze(false)} />
        <Live />
      </span>
    </header>
  );
}

/** How many audiences wait at the gate; nothing where none does. */
function Held() {
  const waiting = useWaiting();
  const zone = useZone();
  if (waiting === undefined || waiting.held + waiting.blocked === 0) return null;
  return (
    <Link
      to="/trust/gate"
      title={`As of ${formatInstant(waiting.as_of, zone)}`}
      className="inline-flex min-h-6 items-center gap-2 text-table"
    >
      {waiting.held > 0 && (
        <span className="inline-flex items-center gap-1 text-degraded">
          <Icon name="pause" />
          {formatEstimate(waiting.held, waiting.exact)}
          <span className="max-md:sr-only">held</span>
        </span>
      )}
      {waiting.blocked > 0 && (
        <span className="inline-flex items-center gap-1 text-unhealthy">
          <Icon name="forbidden" />
          {formatEstimate(waiting.blocked, waiting.exact)}
          <span className="max-md:sr-only">blocked</span>
        </span>
      )}
    </Link>
  );
}

function Live() {
  const live = useLiveState();
  return (
    <span
      role="status"
      className={`inline-flex items-center gap-1 text-table ${live === "live" ? "text-healthy" : "text-quiet"}`}
    >
      <Icon name={live === "live" ? "disc" : "ring"} />
      <span className="max-md:sr-only">
        {live === "live" ? "live" : live === "off" ? "live is off: read every 10 s" : "connecting"}
      </span>
    </span>
  );
}
