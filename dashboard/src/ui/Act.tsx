// An act that changes something: its effect is shown first, and it asks for a reason.
import { useState, type ReactNode } from "react";
import { oneLine } from "@/lib/oneLine";
import { asProblem, type Problem } from "@/lib/problem";
import { useAnnounce } from "./Announcer";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ReasonField } from "./ReasonField";

interface Props {
  /** The button's words: "Release…". */
  readonly name: string;
  /** The dialog's heading; default the name. */
  readonly title?: string;
  /** What will happen, shown before it does. */
  readonly effect: ReactNode;
  /** What the button in the dialog says: "Release". */
  readonly verb: string;
  /** What is announced afterwards. */
  readonly done: string;
  readonly look?: "plain" | "main" | "danger" | "bare";
  /** Why it cannot be done, in words. */
  readonly refusal?: string | undefined;
  /** What has to be chosen in the dialog first, in words. */
  readonly missing?: string | undefined;
  /** Whether a reason is asked for; default yes. */
  readonly hasReason?: boolean;
  /** Do it. What it throws is shown, and nothing that was typed is lost. */
  readonly act: (reason: string) => Promise<unknown>;
}

/** A button that opens a dialog with the effect, asks for a reason and acts. */
export function Act({ name, look = "plain", refusal, title, ...rest }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look={look} refusal={refusal} onClick={() => setOpen(true)}>
        {name}
      </Button>
      <ActDialog
        {...rest}
        look={look}
        title={title ?? name.replace("…", "")}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
      />
    </>
  );
}

interface DialogProps extends Omit<Props, "name" | "refusal" | "title"> {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** The dialog of an act, for one that is opened from somewhere else. */
export function ActDialog({
  title,
  effect,
  verb,
  done,
  look = "plain",
  missing,
  hasReason = true,
  act,
  isOpen,
  onClose,
}: DialogProps) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const announce = useAnnounce();

  const submit = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await act(oneLine(reason));
      onClose();
      setReason("");
      announce(done);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (missing === undefined) void submit();
        }}
      >
        <div>{effect}</div>
        {hasReason && <ReasonField value={reason} onChange={setReason} />}
        {problem !== null && <ProblemText problem={problem} />}
        <footer className="flex flex-wrap items-center justify-end gap-2">
          {missing !== undefined && <span className="text-quiet">{missing}</span>}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look={look === "danger" ? "danger" : "main"}
            refusal={missing}
            isBusy={isBusy}
          >
            {verb}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Why something was refused, in the API's words, with each field's reason. */
export function ProblemText({ problem }: { readonly problem: Problem }) {
  return (
    <div role="alert" className="rounded-card border border-unhealthy p-3">
      <p>
        {problem.message} <code className="text-quiet">{problem.code}</code>
      </p>
      {problem.errors.length > 0 && (
        <ul className="mt-1 list-disc pl-5">
          {problem.errors.map((error) => (
            <li key={`${error.field}${error.message}`}>
              <code>{error.field}</code> {error.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
