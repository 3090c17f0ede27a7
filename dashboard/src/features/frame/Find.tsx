// Find by `/`: people by identifier, segments, audiences, signals, pages, acts.
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { ProblemText } from "@/ui/Act";
import { firstFocus } from "@/ui/focus";
import { Mask } from "@/ui/Mask";
import { NotWhole } from "@/ui/NotAll";
import { useActions } from "./actions";
import { SHORTEST, useFound } from "./found";
import { useLeaving } from "./leaving";

const NOTHING =
  "No matches. People are found by the beginning of an identifier, or by a whole one in any " +
  "spelling; a phone number needs its country code.";
const SHORT = `No matching page or action. Type at least ${SHORTEST} characters to search everything.`;

interface Props {
  /** What was typed so far, also before this was loaded. */
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Close the dialog that this stands in. */
  readonly onClose: () => void;
  readonly onFreeze: () => void;
}

/** What the dialog that finds things holds; what is typed goes to the API only as a search. */
export function Find({ text, onText, onClose, onFreeze }: Props) {
  const [at, setAt] = useState(0);
  const wanted = text.trim(); // not deferred: Enter opens what the whole text finds
  const { leave, problem } = useLeaving();
  const { found: things, progress, isCut } = useFound(wanted);
  const isLooking = progress?.isLooking === true;
  const found = [...things, ...useActions(wanted, { freeze: onFreeze, leave: () => void leave() })];
  const navigate = useNavigate();
  const id = useId();
  const current = Math.min(at, found.length - 1);

  const open = (index: number) => {
    const target = found[index];
    if (target === undefined) return;
    if (target.run === undefined || target.closes) onClose();
    if (target.run === undefined) void navigate({ to: target.to });
    else target.run();
  };
  return (
    <div className="grid gap-3">
      <input
        ref={firstFocus}
        type="search"
        role="combobox"
        aria-label="Find a person, segment, audience, signal or page"
        aria-expanded={found.length > 0}
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${current}` : undefined}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          onText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (step !== 0) {
            setAt(Math.max(0, Math.min(found.length - 1, current + step)));
            event.preventDefault();
          }
          if (event.key === "Enter") {
            event.preventDefault(); // or it would press what a dialog that opens has focused
            open(current);
          }
        }}
      />
      <ul id={id} role="listbox" aria-label="Found" className="grid max-h-[50dvh] overflow-auto">
        {found.map((each, index) => (
          <li
            key={`${each.group} ${each.to} ${each.name}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === current}
            onPointerDown={() => open(index)}
            className="flex min-h-9 cursor-pointer items-center gap-3 rounded-control px-2 aria-selected:bg-line/60"
          >
            <span className="w-20 shrink-0 text-note text-quiet">{each.group}</span>
            {each.isPersonal ? <Mask value={each.name} /> : <span>{each.name}</span>}
            {each.note !== undefined && <span className="text-note text-quiet">{each.note}</span>}
          </li>
        ))}
      </ul>
      {isLooking ? (
        <p role="status" className="text-quiet">
          {found.length === 0 ? "Looking…" : "Looking for more…"}
        </p>
      ) : (
        <>
          {progress !== null && progress.problem !== null && (
            <p role="status" className="text-degraded">
              Not everything could be searched: {progress.problem.message}
            </p>
          )}
          {found.length === 0 && progress?.problem == null && (
            <p className="text-quiet">{progress === null ? SHORT : NOTHING}</p>
          )}
          {isCut && <NotWhole name="audiences" isWhole={false} isCut />}
        </>
      )}
      {problem !== null && <ProblemText problem={problem} />}
    </div>
  );
}
