// Finding the person somebody asks about: by an identifier in any spelling, or by profile id.
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import type { Schemas } from "@/api/schemas";
import { mask } from "@/lib/mask";
import type { Spelled } from "@/lib/spelling";
import { Lookup } from "@/lookup/Lookup";
import { PROFILE_ID, triedWords } from "@/lookup/ways";
import { Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { usePrivacyAddress } from "./addressing";

/** The form, and whom it finds; what was typed stays out of the address. */
export function FindPerson() {
  const { search, change } = usePrivacyAddress();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const id = useId();
  return (
    <Card title="Find a person">
      <form
        role="search"
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(text.trim());
          if (search.person !== undefined) change({ person: undefined });
        }}
      >
        <div className="grid min-w-0 flex-1 gap-1">
          <label htmlFor={id}>A whole identifier in any spelling, or a profile id</label>
          <input
            id={id}
            type="search"
            required
            maxLength={200}
            autoComplete="off"
            className="w-full max-w-md"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setAsked("");
            }}
          />
        </div>
        <Button type="submit" look="main">
          Find
        </Button>
      </form>
      <p className="mt-1 text-note text-quiet">
        It is tried as every kind, the likeliest first. Name the kind to try that alone:{" "}
        <code>anonymous_id:5f3c…</code>. For the beginning of an identifier, use{" "}
        <Link to="/cdp/profiles">Profiles</Link>.
      </p>
      {asked !== "" && (
        <div className="mt-3">
          <Lookup
            text={asked}
            found={(person, by) => <Found person={person} by={by} />}
            nobody={(tried) => (
              <Empty title="Nobody has this identifier">
                Looked up as {triedWords(tried)}. Check its spelling; a phone number needs its
                country code.
              </Empty>
            )}
          />
        </div>
      )}
    </Card>
  );
}

interface FoundProps {
  readonly person: Schemas["Profile"];
  readonly by: Spelled;
}

/** Nothing is ever shown in clear here, whatever the tab shows elsewhere. */
function Found({ person, by: { kind, value } }: FoundProps) {
  return (
    <p role="status" className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <span>
        Found by {kind}:{" "}
        <Link to="/cdp/profiles/$id" params={{ id: person.id }}>
          {kind === PROFILE_ID ? person.id.slice(0, 8) : mask(value)}
        </Link>
        {person.redirected_from !== null && ", into whom the id was merged"}
      </span>
      <Link
        to="/privacy"
        search={(earlier) => ({ ...earlier, person: person.id })}
        className="inline-flex min-h-6 items-center"
      >
        Gather or erase…
      </Link>
      <Link
        to="/cdp/profiles/$id"
        params={{ id: person.id }}
        search={{ tab: "consent" }}
        className="inline-flex min-h-6 items-center"
      >
        Consent
      </Link>
    </p>
  );
}
