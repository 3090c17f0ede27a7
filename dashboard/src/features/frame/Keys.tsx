// The page's keys: none is needed, all can be switched off.
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useAnnounce } from "@/ui/Announcer";
import { copyCell } from "@/ui/copy";
import { Dialog } from "@/ui/Dialog";
import { useKept } from "@/ui/kept";
import { useKeyPresses } from "@/ui/keys";
import { SECTIONS } from "./navigation";

interface Props {
  readonly onFind: () => void;
  readonly onSidebar: () => void;
}

const SEQUENCE_MS = 1_500;
const PLACES = SECTIONS.flatMap((section) => section.entries).filter(
  (entry) => entry.key !== undefined,
);

/** Hears keys, unless somebody types or has switched them off; `?` lists them. */
export function Keys({ onFind, onSidebar }: Props) {
  const navigate = useNavigate();
  const announce = useAnnounce();
  const [isListed, setListed] = useState(false);
  const [kept, keepKeys] = useKept("keys", "on");
  const isOn = kept === "on";

  const startedAt = useRef(-Infinity);
  useKeyPresses((event) => {
    if (!isOn || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const place = PLACES.find((entry) => entry.key === event.key);
    if (performance.now() - startedAt.current < SEQUENCE_MS && place !== undefined) {
      startedAt.current = -Infinity;
      void navigate({ to: place.to });
    } else if (event.key === "g") startedAt.current = performance.now();
    else if (event.key === "/") onFind();
    else if (event.key === "[") onSidebar();
    else if (event.key === "?") setListed(true);
    else if (event.key === "c")
      void copyCell().then((said) => (said === null ? undefined : announce(said)));
    else if (event.key === "j" || event.key === "k") moveRow(event.key === "j" ? 1 : -1);
    else return;
    event.preventDefault();
  });

  return (
    <Dialog title="Keys" isOpen={isListed} onClose={() => setListed(false)}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <Key keys="/" does="Find" />
        {PLACES.map((entry) => (
          <Key key={entry.to} keys={`g ${entry.key}`} does={`Go to ${entry.name}`} />
        ))}
        <Key keys="j k" does="Next and previous row of a table; Enter opens it" />
        <Key keys="c" does="Copy the cell of a table that has the focus or the pointer" />
        <Key keys="[" does="Narrow or widen the sidebar" />
        <Key keys="Esc" does="Close what is open" />
        <Key keys="?" does="This list" />
      </dl>
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => keepKeys(event.target.checked ? "on" : "off")}
        />
        Keys are on
      </label>
    </Dialog>
  );
}

function Key({ keys, does }: { readonly keys: string; readonly does: string }) {
  return (
    <>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{does}</dd>
    </>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable], [role=tree], [role=combobox]") !==
      null
  );
}

/** Move the focus to the first link of the next or previous row. */
function moveRow(step: 1 | -1): void {
  const links = Array.from(document.querySelectorAll<HTMLElement>("main tbody tr")).flatMap(
    (row) => row.querySelector<HTMLElement>("a, button") ?? [],
  );
  const at = links.findIndex((link) => link.closest("tr")?.contains(document.activeElement));
  links[at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step]?.focus();
}
