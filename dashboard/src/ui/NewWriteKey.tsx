// A button that makes a write key of a source; the key is shown once, in a dialog.
import { useState, type ReactNode } from "react";
import { sendExample } from "@/lib/examples";
import { asProblem, type Problem } from "@/lib/problem";
import { ProblemText } from "./Act";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Secret } from "./Secret";

interface Props {
  /** The source's name. */
  readonly source: string;
  /** Why no key can be made, in words. */
  readonly refusal: string | undefined;
  /** Make the key. What it throws is shown. */
  readonly make: () => Promise<string>;
  /** What the button says. */
  readonly children: ReactNode;
}

/** The button, what went wrong, and the key. */
export function NewWriteKey({ source, refusal, make, children }: Props) {
  const [secret, setSecret] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const press = async () => {
    setProblem(null);
    setBusy(true);
    try {
      setSecret(await make());
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const close = () => setSecret(null);
  return (
    <>
      <Button refusal={refusal} isBusy={isBusy} onClick={() => void press()}>
        {children}
      </Button>
      {problem !== null && <ProblemText problem={problem} />}
      <Dialog
        title={`New write key of ${source}`}
        isOpen={secret !== null}
        isClosable={false}
        onClose={close}
      >
        <Secret
          name="write key"
          secret={secret ?? ""}
          example={sendExample(location.origin, secret ?? "")}
          onDone={close}
        />
      </Dialog>
    </>
  );
}
