// Looking a whole identifier up in any spelling, where no identifier begins as it was typed.
import { useLookupProfile } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import { Answer, Empty } from "@/ui/Answer";
import { summaryOf } from "./people";
import { PeopleTable } from "./PeopleTable";
import { spellingsOf, type Spelled } from "@/lib/spelling";

interface Props {
  /** As it was typed. */
  readonly text: string;
  /** Whether filters are set, which a lookup knows nothing of. */
  readonly isFiltered: boolean;
  readonly open: string | undefined;
  readonly onClear: () => void;
}

/** Who owns an identifier, whatever its spelling; or that nobody does. */
export function Lookup({ text, ...rest }: Props) {
  const workspace = useWorkspace();
  return (
    <Answer asked={workspace} name="identifier kinds">
      {({ kinds }) => (
        <Try
          key={text}
          spellings={spellingsOf(
            text,
            kinds.map(({ kind }) => kind),
          )}
          {...rest}
        />
      )}
    </Answer>
  );
}

interface TryProps extends Omit<Props, "text"> {
  readonly spellings: readonly Spelled[];
}

function Try({ spellings: [spelled, ...others], ...rest }: TryProps) {
  if (spelled === undefined)
    return (
      <Empty title="Nobody has an identifier like this">
        {rest.isFiltered ? "Filters may hide people whose identifiers begin like this. " : ""}
        Traits are not searched; a phone number needs its country code.{" "}
        <button type="button" className="min-h-6 underline" onClick={rest.onClear}>
          Clear the search{rest.isFiltered ? " and filters" : ""}
        </button>
      </Empty>
    );
  return <Ask spelled={spelled} others={others} {...rest} />;
}

interface AskProps extends Omit<Props, "text"> {
  readonly spelled: Spelled;
  readonly others: readonly Spelled[];
}

function Ask({ spelled, others, ...rest }: AskProps) {
  const found = useLookupProfile({ params: { query: { ...spelled } } });
  const isUnknown = found.error?.status === 404 || found.error?.status === 422;
  if (isUnknown) return <Try key={others[0]?.kind ?? "nobody"} spellings={others} {...rest} />;
  return (
    <Answer asked={found} name="person">
      {(profile) => (
        <>
          <p role="status" className="mb-2">
            Found by {spelled.kind}, in another spelling
            {rest.isFiltered ? "; the filters are not applied" : ""}.
          </p>
          <PeopleTable
            caption={`Who owns this ${spelled.kind}`}
            people={[summaryOf(profile)]}
            open={rest.open}
          />
        </>
      )}
    </Answer>
  );
}
