// A rule in words: one sentence, and one line per block, as the API says them.
import { outline, sentence } from "@/rule/outline";
import { spell } from "@/rule/path";
import type { Rule } from "@/rule/types";

interface Props {
  readonly rule: Rule;
  readonly segments: readonly { readonly id: number; readonly name: string }[];
}

const INDENTS = ["", "pl-6", "pl-12", "pl-[4.5rem]", "pl-24"] as const;

/** Words, to be read. */
export function WordsView({ rule, segments }: Props) {
  const names = {
    segment: (id: number) => {
      const name = segments.find((one) => one.id === id)?.name;
      return name === undefined ? String(id) : `“${name}”`;
    },
  };
  return (
    <div className="grid gap-3">
      <p className="text-lead break-words">{sentence(rule, names)}</p>
      <ul className="grid gap-1">
        {outline(rule, names).map(({ path, depth, text }) => (
          <li key={spell(path)} className={`break-words ${INDENTS[depth] ?? "pl-24"}`}>
            {text}
          </li>
        ))}
      </ul>
    </div>
  );
}
