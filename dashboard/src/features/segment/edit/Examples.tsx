// Some people who would be in, and why, by the draft and by what is live.
import type { Schemas } from "@/api/schemas";
import { MaskSwitch } from "@/ui/Mask";
import { PersonLink } from "@/ui/PersonLink";
import { WhyDraftButton } from "./WhyDraftSheet";

interface Props {
  readonly examples: readonly Schemas["PreviewedPerson"][];
  readonly onWhy: (person: string) => void;
}

/** A sample of people. */
export function Examples({ examples, onWhy }: Props) {
  if (examples.length === 0) return null;
  return (
    <section aria-label="For instance" className="grid gap-2">
      <header className="flex flex-wrap items-center justify-between gap-2">
        <h3>For instance</h3>
        <MaskSwitch />
      </header>
      <ul className="grid gap-1">
        {examples.map((example) => (
          <li key={example.profile_id} className="flex flex-wrap items-center gap-x-3">
            <PersonLink profile={example.profile_id} identifiers={example.identifiers} />
            <WhyDraftButton onPress={() => onWhy(example.profile_id)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
