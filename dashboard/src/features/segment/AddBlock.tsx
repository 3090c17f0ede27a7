// What may be added to a group: the catalogue of phrases, in a dialog with a search.
import { useState } from "react";
import { PHRASE_GROUPS, PHRASES } from "@/rule/phrases";
import type { Rule } from "@/rule/types";
import { Dialog } from "@/ui/Dialog";

interface Props {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onAdd: (rule: Rule, label: string) => void;
}

/** A dialog to choose what to add. */
export function AddBlock({ isOpen, onClose, onAdd }: Props) {
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const found = PHRASES.filter(({ label }) => label.toLowerCase().includes(wanted));
  return (
    <Dialog title="Add to the rule" isOpen={isOpen} onClose={onClose}>
      <input
        type="search"
        aria-label="Find a condition"
        placeholder="find a condition"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {found.length === 0 && <p>No matches. Clear the search to see everything.</p>}
      {Object.entries(PHRASE_GROUPS).map(([group, title]) => {
        const rows = found.filter((phrase) => phrase.group === group);
        if (rows.length === 0) return null;
        return (
          <section key={group}>
            <h3 className="text-note text-quiet">{title}</h3>
            <ul>
              {rows.map(({ id, label, hint, rule }) => (
                <li key={id}>
                  <button
                    type="button"
                    className="grid w-full rounded-control px-2 py-1.5 text-left hover:bg-canvas"
                    onClick={() => {
                      onClose();
                      onAdd(rule, label);
                    }}
                  >
                    <span>{label}</span>
                    {hint !== null && <span className="text-note text-quiet">{hint}</span>}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </Dialog>
  );
}
