// A key that was just made: shown once, to be copied.
import { useState } from "react";
import { Button } from "@/ui/Button";

interface Props {
  /** What it is: "write key". */
  readonly name: string;
  readonly secret: string;
  /** Commands that use it, for trying it at once. */
  readonly example: string;
  readonly onDone: () => void;
}

/** The key and an example; both are gone when this closes. */
export function Secret({ name, secret, example, onDone }: Props) {
  return (
    <div className="grid gap-3">
      <p role="status">
        <b>Copy this {name} now.</b> It is stored nowhere and not shown again.
      </p>
      <Copied name={name} text={secret} />
      <p>Try it:</p>
      <Copied name="command" text={example} />
      <footer className="flex justify-end">
        <Button look="main" onClick={onDone}>
          I have it
        </Button>
      </footer>
    </div>
  );
}

/** A text in full, and a button that copies it. */
export function Copied({ name, text }: { readonly name: string; readonly text: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("The browser does not let this page copy: select the text");
    }
  };
  return (
    <div className="grid gap-2">
      <pre
        tabIndex={0}
        role="region"
        aria-label={name}
        className="overflow-x-auto rounded-control bg-canvas p-2 break-all whitespace-pre-wrap select-all"
      >
        {text}
      </pre>
      <p className="flex flex-wrap items-center gap-3">
        <Button onClick={() => void copy()}>Copy {name}</Button>
        <span role="status" className="text-quiet">
          {said}
        </span>
      </p>
    </div>
  );
}
