// A JSON value of a person; texts in it are masked until somebody asks for the values.
import { maskJson } from "@/lib/mask";
import { useMasked } from "@/ui/Mask";

/** A value in one piece. */
export function Value({ value }: { readonly value: unknown }) {
  const isMasked = useMasked();
  if (value === null || value === undefined) return <span className="text-quiet">nothing</span>;
  const shown = isMasked ? maskJson(value) : value;
  if (typeof shown === "string") return <span className="break-all">“{shown}”</span>;
  return <code className="break-all">{JSON.stringify(shown)}</code>;
}

/** A whole record, as it was received. */
export function Raw({ value, name }: { readonly value: unknown; readonly name: string }) {
  const isMasked = useMasked();
  return (
    <pre
      tabIndex={0}
      role="region"
      aria-label={name}
      className="max-h-96 overflow-auto rounded-control bg-canvas p-2 break-all whitespace-pre-wrap"
    >
      {JSON.stringify(isMasked ? maskJson(value) : value, null, 2)}
    </pre>
  );
}
