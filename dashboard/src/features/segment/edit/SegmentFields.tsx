// What a segment has beside its rule: name, description, purpose.
import { useId } from "react";
import type { Fields } from "./typed";

interface Props {
  readonly fields: Fields;
  readonly purposes: readonly string[];
  readonly onChange: (fields: Fields) => void;
}

/** The inputs. */
export function SegmentFields({ fields, purposes, onChange }: Props) {
  const id = useId();
  return (
    <div className="grid gap-3 md:grid-cols-2">
      <div className="grid gap-1">
        <label htmlFor={`${id}name`}>Name</label>
        <input
          id={`${id}name`}
          required
          maxLength={200}
          value={fields.name}
          onChange={(event) => onChange({ ...fields, name: event.target.value })}
        />
      </div>
      <div className="grid gap-1">
        <label htmlFor={`${id}purpose`}>Purpose that people consent to</label>
        <input
          id={`${id}purpose`}
          list={`${id}purposes`}
          required
          maxLength={200}
          value={fields.purpose}
          onChange={(event) => onChange({ ...fields, purpose: event.target.value })}
        />
        <datalist id={`${id}purposes`}>
          {purposes.map((purpose) => (
            <option key={purpose} value={purpose} />
          ))}
        </datalist>
      </div>
      <div className="grid gap-1 md:col-span-2">
        <label htmlFor={`${id}description`}>Description</label>
        <textarea
          id={`${id}description`}
          rows={2}
          maxLength={2000}
          value={fields.description}
          onChange={(event) => onChange({ ...fields, description: event.target.value })}
        />
      </div>
    </div>
  );
}
