// The form of a new computed trait; it is saved as a draft.
import { useState } from "react";
import { useCreateTrait } from "@/api/cdp";
import { messageAt } from "@/rule/problems";
import { NameField } from "@/rule-ui/field/NameField";
import { refusedFields } from "@/rule-ui/problems";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { useRefusal } from "@/ui/scopes";
import { FIRST } from "./functions";
import { TraitFields } from "./TraitFields";

interface Props {
  readonly onMade: (id: number) => void;
  readonly onClose: () => void;
}

/** Name, what it computes, description. */
export function NewTrait({ onMade, onClose }: Props) {
  const [name, setName] = useState("");
  const [rule, setRule] = useState(FIRST);
  const [description, setDescription] = useState("");
  const create = useCreateTrait();
  const announce = useAnnounce();
  const refusal = useRefusal(create.scopes);
  const submit = async () => {
    const made = await create.mutateAsync({ body: { name: name.trim(), description, rule } });
    announce(`${made.name} is saved as a draft.`);
    onMade(made.id);
  };
  return (
    <form
      className="grid justify-items-start gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit().catch(() => {}); // shown at the fields
      }}
    >
      <NameField
        label="Name"
        isQuiet={false}
        value={name}
        names={[]}
        message={messageAt(refusedFields(create.error), ["name"])}
        hint="What rules call it. It cannot be changed."
        onChange={setName}
      />
      <TraitFields
        rule={rule}
        description={description}
        refusal={create.error}
        others={[["name"]]}
        onRule={setRule}
        onDescription={setDescription}
      />
      <footer className="flex gap-2 justify-self-end">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="main" refusal={refusal} isBusy={create.isPending}>
          Save draft
        </Button>
      </footer>
    </form>
  );
}
