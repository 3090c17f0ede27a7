// The field in which somebody types an identifier; it is asked for on Enter.
import { useId, useState } from "react";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

interface Props {
  readonly search: string | undefined;
  readonly onSearch: (search: string | undefined) => void;
}

/** Search by the beginning of an identifier, or by a whole one in any spelling. */
export function SearchBox({ search, onSearch }: Props) {
  const [typed, setTyped] = useState(search ?? "");
  const id = useId();
  return (
    <form
      role="search"
      className="grid max-w-xl gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(typed.trim() === "" ? undefined : typed.trim());
      }}
    >
      <label htmlFor={id}>Identifier</label>
      <span className="flex gap-2">
        <input
          id={id}
          type="search"
          autoComplete="off"
          spellCheck={false}
          maxLength={256}
          className="min-w-0 flex-1"
          aria-describedby={`${id}note`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">
          <Icon name="search" />
          Search
        </Button>
        {search !== undefined && <Button onClick={() => onSearch(undefined)}>Clear</Button>}
      </span>
      <span id={`${id}note`} className="text-note text-quiet">
        The beginning of one, or a whole one in any spelling; “kind:value” names its kind. Traits
        are not searched.
      </span>
    </form>
  );
}
