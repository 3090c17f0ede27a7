// The act that says that somebody looks after an alert.
import { useAcknowledgeAlert } from "@/api/cdp";
import { Act } from "@/ui/Act";
import { useRefusal } from "@/ui/scopes";

interface Props {
  readonly id: number;
  /** The button's words. */
  readonly name?: string;
}

/** Acknowledge an alert. */
export function Acknowledge({ id, name = "Acknowledge…" }: Props) {
  const acknowledge = useAcknowledgeAlert();
  return (
    <Act
      name={name}
      verb="Acknowledge"
      done="The alert is acknowledged."
      look="main"
      hasReason={false}
      refusal={useRefusal(acknowledge.scopes)}
      effect={
        <p>
          Others see that you look after it, and it reminds nobody any more. It resolves by itself.
        </p>
      }
      act={() => acknowledge.mutateAsync({ params: { path: { id } } })}
    />
  );
}
