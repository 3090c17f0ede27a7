// What dialogs that make something with a secret share: they stay until it was seen, once.
import { useId, useState, type ReactNode } from "react";
import type { Problem } from "@/lib/problem";
import { ProblemText } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

/** How a dialog is opened and left. */
export interface Making {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** What its form is given. */
export interface Made {
  /** From now on the dialog closes by its button alone: the key is shown only once. */
  readonly onMade: () => void;
  readonly onClose: () => void;
}

interface DialogProps extends Making {
  readonly title: string;
  readonly children: (made: Made) => ReactNode;
}

/** The dialog. */
export function MakingDialog({ title, isOpen, onClose, children }: DialogProps) {
  const [isMade, setMade] = useState(false);
  const close = () => {
    setMade(false);
    onClose();
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={close} isClosable={!isMade}>
      {children({ onMade: () => setMade(true), onClose: close })}
    </Dialog>
  );
}

interface FormProps {
  readonly error: Problem | null;
  readonly isBusy: boolean;
  readonly refusal?: string | undefined;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Its form: what went wrong and the buttons below the fields. */
export function MakingForm({ error, isBusy, refusal, onSubmit, onClose, children }: FormProps) {
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      {error !== null && <ProblemText problem={error} />}
      <footer className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="main" isBusy={isBusy} refusal={refusal}>
          Create
        </Button>
      </footer>
    </form>
  );
}

interface NameProps {
  readonly name: string;
  readonly onChange: (name: string) => void;
}

/** What it is to be called. */
export function MakingName({ name, onChange }: NameProps) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id}>Name</label>
      <input
        id={id}
        required
        maxLength={100}
        autoComplete="off"
        value={name}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
