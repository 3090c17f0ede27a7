// Another try of a request that did not get on: one operation, in words for each kind.
import { useRetryErasure } from "@/api/cdp";
import { Act } from "@/ui/Act";
import { useRefusal } from "@/ui/scopes";
import { reasonWords } from "./words";

/** Send the command of an erasure again. */
export function SendAgain({ id }: { readonly id: number }) {
  const retry = useRetryErasure();
  return (
    <p className="mt-3">
      <Act
        name="Send again…"
        title={`Send request ${id} again`}
        verb="Send again"
        look="main"
        done="The command is in the event log."
        hasReason={false}
        refusal={useRefusal(retry.scopes)}
        effect={
          <p>
            The same command is appended to the event log once more. It has one id, so it is carried
            out once however often it is sent.
          </p>
        }
        act={() => retry.mutateAsync({ params: { path: { id } } })}
      />
    </p>
  );
}

interface TryProps {
  readonly id: number;
  /** Why there is no archive. */
  readonly reason: string | null;
}

/** Have an archive that failed written again. */
export function TryAgain({ id, reason }: TryProps) {
  const retry = useRetryErasure();
  const refusal = useRefusal(retry.scopes);
  return (
    <p className="mt-3">
      <Act
        name="Try again…"
        title={`Try request ${id} again`}
        verb="Try again"
        look="main"
        done="The archive waits for its writer."
        hasReason={false}
        refusal={
          reason === "erased" ? "The person was erased: there is nothing to be told." : refusal
        }
        effect={
          <>
            {reason !== null && <p>It failed: {reasonWords(reason)}</p>}
            <p className="mt-2">
              The archive is written anew, with what is held then. The same person is asked for, by
              the same identifiers; the audit log has who tried it again.
            </p>
          </>
        }
        act={() => retry.mutateAsync({ params: { path: { id } } })}
      />
    </p>
  );
}
