// What a press on "Erase for good" came to where no request was answered, as far as it is known.

/** Paths of the register, which is read again afterwards. */
export const REGISTER: readonly string[] = ["/cdp/privacy/requests"];

/** What went wrong. */
interface Problem {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}
/** What the preview said when it was read again afterwards; undefined where it could not be read. */
interface Again {
  readonly open_request: number | null;
}

/** Whether the answer was lost, so that a request may have been entered. */
export function isLost({ status }: Pick<Problem, "status">): boolean {
  return status === 0 || status >= 500;
}

/** Whether a request may have been entered though none was answered, or an earlier one waits. */
export function isUnsettled({ status }: Pick<Problem, "status">): boolean {
  return status === 409 || isLost({ status });
}

/** What is known, in words; nothing is said to be undone that may be done. */
export function refusedWords(problem: Problem, again: Again | undefined): string {
  const open = again?.open_request ?? null;
  if (problem.code === "log_unavailable")
    return (
      "The event log did not confirm it. The request is kept: open it and press “Send again”. It" +
      " keeps its id, so it is carried out once however often it is sent."
    );
  if (problem.status === 409) {
    if (open !== null) return `This press asked for nothing: request ${open} already does.`;
    return again === undefined
      ? `This press asked for nothing: ${problem.message}`
      : "This press asked for nothing: the person has other identifiers than the preview showed." +
          " It was read again: close this and look at it.";
  }
  if (open !== null)
    return `${LOST} Request ${open} asks for this erasure already: open it and follow it.`;
  return again === undefined
    ? `${LOST} It cannot be read now. ${LOOK}`
    : `${LOST} No request of this person waits: it did not arrive, or is carried out. ${LOOK}`;
}

const LOST = "Whether this press asked for anything is not known: its answer was lost.";
const LOOK = "Look at the register before you press again.";

/** What is known where no answer came and nothing else can be asked. */
export const LOST_WORDS = `${LOST} ${LOOK}`;
