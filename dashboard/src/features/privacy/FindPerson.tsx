// Finding the person somebody asks about: by an identifier in any spelling, or by profile id.
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useLookupProfile, useWorkspace } from "@/api/cdp";
import { mask } from "@/lib/mask";
import { spellingsOf, type Spelled } from "@/lib/spelling";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { usePrivacyAddress } from "./addressing";

const PROFILE = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The form, and whom it finds; what was typed stays out of the address. */
export function FindPerson() {
  const { change } = usePrivacyAddress();
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
          const wanted = text.trim();
          if (PROFILE.test(wanted)) change({ person: wanted });
          else setAsked(wanted);
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
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <Button type="submit" look="main">
          Find
        </Button>
      </form>
      <p className="mt-1 text-note text-quiet">
        Name the kind where it is not plain: <code>anonymous_id:5f3c…</code>. For the beginning of
        an identifier, use <Link to="/cdp/profiles">Profiles</Link>.
      </p>
      {asked !== "" && <Found key={asked} text={asked} />}
    </Card>
  );
}

function Found({ text }: { readonly text: string }) {
  const workspace = useWorkspace();
  return (
    <div className="mt-3">
      <Answer asked={workspace} name="identifier kinds" height="3rem" oldAfterS={Infinity}>
        {({ kinds }) => (
          <Try
            spellings={spellingsOf(
              text,
              kinds.map(({ kind }) => kind),
            )}
          />
        )}
      </Answer>
    </div>
  );
}

function Try({ spellings: [spelled, ...others] }: { readonly spellings: readonly Spelled[] }) {
  if (spelled === undefined)
    return (
      <Empty title="Nobody has this identifier">
        Check its spelling. A phone number needs its country code.
      </Empty>
    );
  return <Ask spelled={spelled} others={others} />;
}

function Ask({ spelled, others }: { readonly spelled: Spelled; readonly others: Spelled[] }) {
  const found = useLookupProfile({ params: { query: { ...spelled } } });
  if (found.error?.status === 404 || found.error?.status === 422)
    return <Try key={others[0]?.kind ?? "nobody"} spellings={others} />;
  return (
    <Answer asked={found} name="person" height="3rem" oldAfterS={Infinity}>
      {(profile) => (
        <p role="status" className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <span>
            Found by {spelled.kind}:{" "}
            <Link to="/cdp/profiles/$id" params={{ id: profile.id }}>
              {masked(profile.identifiers, spelled.kind) ?? profile.id.slice(0, 8)}
            </Link>
          </span>
          <Link
            to="/privacy"
            search={(earlier) => ({ ...earlier, person: profile.id })}
            className="inline-flex min-h-6 items-center"
          >
            Prepare an erasure…
          </Link>
        </p>
      )}
    </Answer>
  );
}

/** Nothing is ever shown in clear here, whatever the tab shows elsewhere. */
function masked(
  identifiers: readonly { readonly kind: string; readonly value: string }[],
  kind: string,
): string | undefined {
  const found = identifiers.find((each) => each.kind === kind) ?? identifiers[0];
  return found && mask(found.value);
}
