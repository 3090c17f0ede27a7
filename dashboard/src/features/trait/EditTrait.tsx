// The form of a trait's next version; what somebody types stays while newer data comes.
import { useState } from "react";
import { useUpdateTrait } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { useRefusal } from "@/ui/scopes";
import { TraitFields } from "./TraitFields";

interface Props {
  readonly trait: Schemas["TraitView"];
  readonly newest: Schemas["TraitVersionView"];
}

interface Draft {
  /** The version that it was made from: a newer one is refused when this is saved. */
  readonly of: number;
  readonly rule: Schemas["TraitRule"];
  readonly description: string;
}

/** Edit the newest version and save it as the next one. */
export function EditTrait({ trait, newest }: Props) {
  const [typed, setTyped] = useState<Draft | null>(null);
  const draft = typed ?? {
    of: newest.version,
    rule: newest.rule,
    description: trait.description,
  };
  const save = useUpdateTrait();
  const announce = useAnnounce();
  const refusal = useRefusal(save.scopes);
  const submit = async () => {
    await save.mutateAsync({
      params: { path: { id: trait.id } },
      body: { rule: draft.rule, description: draft.description, version: draft.of },
    });
    setTyped(null);
    announce(`${trait.name} is saved as a draft.`);
  };
  return (
    <form
      className="grid justify-items-start gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit().catch(() => {}); // shown at the fields
      }}
    >
      <h3>{`Version ${newest.version}`}</h3>
      <TraitFields
        rule={draft.rule}
        description={draft.description}
        refusal={save.error}
        others={[]}
        onRule={(rule) => setTyped({ ...draft, rule })}
        onDescription={(description) => setTyped({ ...draft, description })}
      />
      {typed !== null && typed.of < newest.version && (
        <p role="status" className="text-degraded">
          Version {newest.version} was saved meanwhile; yours is made from version {typed.of}.
        </p>
      )}
      <footer className="flex gap-2 justify-self-end">
        {typed !== null && <Button onClick={() => setTyped(null)}>Discard changes</Button>}
        <Button type="submit" look="main" refusal={refusal} isBusy={save.isPending}>
          Save draft
        </Button>
      </footer>
    </form>
  );
}
