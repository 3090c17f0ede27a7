// Filters of the audit log: they go into the address when they are sent.
import { useId, useState } from "react";
import { Button } from "@/ui/Button";
import type { AuditSearch } from "./address";

interface Props {
  readonly search: AuditSearch;
  readonly onSearch: (search: AuditSearch) => void;
}

const FIELDS = [
  ["actor", "Who", "key:1"],
  ["action", "Action", "unmerge"],
  ["subject", "Subject", "audience:1"],
] as const;

/** Three exact filters. */
export function Filter({ search, onSearch }: Props) {
  const [typed, setTyped] = useState<AuditSearch>(search);
  const id = useId();
  return (
    <form
      className="mb-3 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch({ ...search, ...typed });
      }}
    >
      {FIELDS.map(([name, label, example]) => (
        <div key={name} className="grid gap-1">
          <label htmlFor={id + name}>{label}</label>
          <input
            id={id + name}
            maxLength={256}
            placeholder={example}
            value={typed[name] ?? ""}
            onChange={(event) =>
              setTyped({
                ...typed,
                [name]: event.target.value === "" ? undefined : event.target.value,
              })
            }
          />
        </div>
      ))}
      <Button type="submit">Filter</Button>
    </form>
  );
}
