// The dialog that makes a source; then it shows the first write key, once.
import { useId, useState } from "react";
import { useCreateSource } from "@/api/cdp";
import { sendExample } from "@/lib/examples";
import { Secret } from "@/ui/Secret";
import { MakingDialog, MakingForm, MakingName, type Made, type Making } from "./Making";

/** Create a source. */
export function CreateSource(making: Making) {
  return (
    <MakingDialog title="Create a source" {...making}>
      {(made) => <Form {...made} />}
    </MakingDialog>
  );
}

function Form({ onMade, onClose }: Made) {
  const create = useCreateSource();
  const [name, setName] = useState("");
  const [region, setRegion] = useState("");
  const id = useId();
  const made = create.data;
  if (made !== undefined)
    return (
      <Secret
        name="write key"
        secret={made.write_key}
        example={sendExample(location.origin, made.write_key)}
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
      onSubmit={() =>
        create.mutate(
          { body: { name: name.trim(), default_region: region.trim() } },
          { onSuccess: onMade },
        )
      }
      onClose={onClose}
    >
      <MakingName name={name} onChange={setName} />
      <div className="grid gap-1">
        <label htmlFor={`${id}r`}>Region of phone numbers without a country code</label>
        <input
          id={`${id}r`}
          maxLength={2}
          pattern="[A-Za-z]{2}"
          autoComplete="off"
          aria-describedby={`${id}h`}
          className="w-24"
          value={region}
          onChange={(event) => setRegion(event.target.value)}
        />
        <p id={`${id}h`} className="text-table text-quiet">
          Two letters, such as DE. Without one, such numbers are not understood.
        </p>
      </div>
    </MakingForm>
  );
}
