// Looking a whole identifier up in any spelling, where no identifier begins as it was typed.
import { PROFILE_ID, triedWords } from "@/lookup/ways";
import { Lookup as LookedUp } from "@/lookup/Lookup";
import { Empty } from "@/ui/Answer";
import { summaryOf } from "./people";
import { PeopleTable } from "./PeopleTable";

interface Props {
  /** As it was typed. */
  readonly text: string;
  /** Whether filters are set, which a lookup knows nothing of. */
  readonly isFiltered: boolean;
  readonly open: string | undefined;
  readonly onClear: () => void;
}

/** Who owns an identifier, whatever its spelling; or that nobody does. */
export function Lookup({ text, isFiltered, open, onClear }: Props) {
  return (
    <LookedUp
      text={text}
      found={(person, { kind }) => (
        <>
          <p role="status" className="mb-2">
            Found by {kind}
            {kind === PROFILE_ID ? "" : ", in another spelling"}
            {isFiltered ? "; the filters are not applied" : ""}.
          </p>
          <PeopleTable caption={`Who owns this ${kind}`} people={[summaryOf(person)]} open={open} />
        </>
      )}
      nobody={(tried) => (
        <Empty title="Nobody has an identifier like this">
          {isFiltered ? "Filters may hide people whose identifiers begin like this. " : ""}
          Looked up as {triedWords(tried)}. Traits are not searched; a phone number needs its
          country code.{" "}
          <button type="button" className="min-h-6 underline" onClick={onClear}>
            Clear the search{isFiltered ? " and filters" : ""}
          </button>
        </Empty>
      )}
    />
  );
}
