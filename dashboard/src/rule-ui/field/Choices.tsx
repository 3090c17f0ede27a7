// Check boxes: some of a few words.
import { useId } from "react";

interface Props<Word extends string> {
  readonly legend: string;
  readonly options: readonly Word[];
  readonly chosen: readonly Word[];
  readonly message: string | null;
  readonly onChange: (chosen: Word[]) => void;
}

/** A set of check boxes; the order of what was chosen before stays. */
export function Choices<Word extends string>({
  legend,
  options,
  chosen,
  message,
  onChange,
}: Props<Word>) {
  const id = useId();
  // Words that are not offered, but stand in the rule, are shown and can be taken away.
  const shown = [...options, ...chosen.filter((word) => !options.includes(word))];
  return (
    <fieldset
      className="flex flex-wrap items-center gap-x-3 gap-y-1"
      aria-describedby={message === null ? undefined : id}
    >
      <legend className="float-left mr-3">{legend}</legend>
      {[...new Set(shown)].map((word) => (
        <label key={word} className="inline-flex min-h-9 items-center gap-1">
          <input
            type="checkbox"
            checked={chosen.includes(word)}
            onChange={(event) => {
              const others = chosen.filter((one) => one !== word);
              onChange(event.target.checked ? [...others, word] : others);
            }}
          />
          {word.replaceAll("_", " ")}
        </label>
      ))}
      {message !== null && (
        <p id={id} className="text-note text-unhealthy">
          {message}
        </p>
      )}
    </fieldset>
  );
}
