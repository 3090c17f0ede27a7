// The dialog that makes an API key; then it shows the key, once.
import { useState } from "react";
import { useCreateKey } from "@/api/cdp";
import { useRefusal } from "@/ui/scopes";
import { askExample } from "@/lib/examples";
import { MakingDialog, MakingForm, MakingName, type Made, type Making } from "./Making";
import { SCOPE_NAMES, SCOPES, type Scope } from "./scopes";
import { Secret } from "@/ui/Secret";

/** Create an API key. */
export function CreateKey(making: Making) {
  return (
    <MakingDialog title="Create an API key" {...making}>
      {(made) => <Form {...made} />}
    </MakingDialog>
  );
}

function Form({ onMade, onClose }: Made) {
  const create = useCreateKey();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const made = create.data;
  if (made !== undefined)
    return (
      <Secret
        name="API key"
        secret={made.key}
        example={askExample(location.origin, made.key)}
        onDone={() => {
          create.reset();
          onClose();
        }}
      />
    );
  return (
    <MakingForm
      error={create.error}
      isBusy={create.isPending}
      refusal={scopes.length === 0 ? "Choose what it may do." : undefined}
      onSubmit={() =>
        create.mutate({ body: { name: name.trim(), scopes: [...scopes] } }, { onSuccess: onMade })
      }
      onClose={onClose}
    >
      <MakingName name={name} onChange={setName} />
      <fieldset className="grid gap-2">
        <legend className="mb-1">May</legend>
        {SCOPE_NAMES.map((scope) => (
          <ScopeChoice
            key={scope}
            scope={scope}
            isChosen={scopes.includes(scope)}
            onChange={(isChosen) =>
              setScopes(
                SCOPE_NAMES.filter((each) => (each === scope ? isChosen : scopes.includes(each))),
              )
            }
          />
        ))}
      </fieldset>
    </MakingForm>
  );
}

interface ChoiceProps {
  readonly scope: Scope;
  readonly isChosen: boolean;
  readonly onChange: (isChosen: boolean) => void;
}

function ScopeChoice({ scope, isChosen, onChange }: ChoiceProps) {
  const refusal = useRefusal([scope]);
  return (
    <label className="flex items-center gap-2">
      <input
        type="checkbox"
        checked={isChosen}
        disabled={refusal !== undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        <b>{scope}</b>: {SCOPES[scope]}
        {refusal !== undefined && (
          <span className="text-quiet"> – a key grants only scopes of its own</span>
        )}
      </span>
    </label>
  );
}
