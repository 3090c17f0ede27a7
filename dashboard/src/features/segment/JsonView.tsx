// A rule as JSON, in both directions: what cannot be read stays, with the place of the error.
import { useId } from "react";
import { type Draft, placeIn, textOf } from "@/rule/draft";
import type { Problem } from "@/rule/problems";
import { spell } from "@/rule/path";

interface Props {
  readonly draft: Draft;
  readonly problems: readonly Problem[];
  readonly onChange: (text: string) => void;
}

/** A text area, and below it what is wrong and on which line. */
export function JsonView({ draft, problems, onChange }: Props) {
  const id = useId();
  const { fault } = draft;
  const text = textOf(draft);
  return (
    <div className="grid gap-2">
      <label htmlFor={id}>Rule as JSON</label>
      <textarea
        id={id}
        className="font-mono text-table"
        spellCheck={false}
        rows={Math.min(40, Math.max(12, text.split("\n").length + 1))}
        aria-invalid={fault !== null || undefined}
        aria-describedby={`${id}-said`}
        value={text}
        onChange={(event) => onChange(event.target.value)}
      />
      <div id={`${id}-said`} className="text-table">
        {fault !== null ? (
          <p className="text-unhealthy">
            Line {fault.line}, column {fault.column}: {fault.message} Blocks and words show the last
            rule that could be read.
          </p>
        ) : (
          <ul>
            {problems.map(({ node, rest, message }) => {
              const path = [...node, ...rest];
              const line = placeIn(draft, path)?.line;
              return (
                <li key={`${spell(path)} ${message}`} className="text-unhealthy">
                  {line === undefined ? "" : `Line ${line}: `}
                  {message}
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </div>
  );
}
