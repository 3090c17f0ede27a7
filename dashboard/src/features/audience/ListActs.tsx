// Acts on an audience's list: pause, cancel, reconcile, resend, delete.
import {
  useCancelPush,
  useDeleteAudience,
  usePauseAudience,
  useReconcileAudience,
  useResumeAudience,
} from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Act } from "@/ui/Act";
import { useRefusal } from "@/ui/scopes";
import { Verdict } from "@/ui/State";

type Props = { readonly audience: Schemas["AudienceView"] };

/** Pause an active audience, resume a paused one. */
export function PauseOrResume({ audience }: Props) {
  const pause = usePauseAudience();
  const resume = useResumeAudience();
  const refusal = useRefusal(pause.scopes);
  const params = { path: { id: audience.id } };
  if (audience.status === "paused")
    return (
      <Act
        name="Resume…"
        verb="Resume"
        done="The audience is resumed."
        hasReason={false}
        refusal={refusal}
        effect={<p>Pushes are planned again; what changed meanwhile is part of the next one.</p>}
        act={() => resume.mutateAsync({ params })}
      />
    );
  if (audience.status !== "active") return null;
  return (
    <Act
      name="Pause…"
      verb="Pause"
      done="The audience is paused."
      hasReason={false}
      refusal={refusal}
      effect={
        <p>No push is planned until it is resumed. Withdrawals of consent still go at once.</p>
      }
      act={() => pause.mutateAsync({ params })}
    />
  );
}

/** Cancel the push that is under way. */
export function Cancel({ audience }: Props) {
  const cancel = useCancelPush();
  const refusal = useRefusal(cancel.scopes);
  if (audience.last_push?.status !== "running") return null;
  return (
    <Act
      name="Cancel push…"
      verb="Cancel the push"
      done="The push is cancelled."
      hasReason={false}
      refusal={refusal}
      effect={<p>Requests that were not sent stay unsent; what was sent is not taken back.</p>}
      act={() => cancel.mutateAsync({ params: { path: { id: audience.id } } })}
    />
  );
}

/** Compare the list with the segment again. */
export function Reconcile({ audience }: Props) {
  const reconcile = useReconcileAudience();
  const refusal = useRefusal(reconcile.scopes);
  if (audience.status !== "active") return null;
  return (
    <Act
      name="Reconcile…"
      verb="Reconcile"
      done="The list is compared again."
      hasReason={false}
      refusal={refusal}
      effect={
        <p>
          What we believe to be on the list is compared with the segment again, and the difference
          is part of the next push, which the gate judges by its size.
        </p>
      }
      act={() =>
        reconcile.mutateAsync({ params: { path: { id: audience.id } }, body: { resend: false } })
      }
    />
  );
}

/** Send everybody again, where others changed the list at the platform. */
export function Resend({ audience }: Props) {
  const reconcile = useReconcileAudience();
  const refusal = useRefusal(reconcile.scopes);
  if (audience.status !== "active") return null;
  return (
    <Act
      name="Send everybody again…"
      verb="Send again"
      done="The next push sends everybody again."
      look="danger"
      refusal={refusal}
      effect={
        <div className="grid gap-2">
          <p>
            For a list that somebody changed at {audience.platform} itself. What we believe to be
            there counts as uncertain from now on: the next push looks whether the list exists,
            compares everybody, and sends the {formatCount(audience.members)} confirmed and the{" "}
            {formatCount(audience.refused)} refused people once more.
          </p>
          <p>
            That takes as many requests as a first push. People already on the list are not listed
            twice. The gate decides as always; it says <Verdict verdict={audience.gate?.verdict} />{" "}
            now.
          </p>
        </div>
      }
      act={(reason) =>
        reconcile.mutateAsync({
          params: { path: { id: audience.id } },
          body: { resend: true, reason },
        })
      }
    />
  );
}

/** Delete the audience, also at its platform. */
export function Delete({ audience }: Props) {
  const remove = useDeleteAudience();
  const refusal = useRefusal(remove.scopes);
  if (audience.status === "deleting") return null;
  return (
    <Act
      name="Delete…"
      title={`Delete ${audience.name}`}
      verb="Delete"
      done="The audience is being deleted."
      look="danger"
      refusal={refusal}
      effect={
        <p>
          The list of {formatCount(audience.members)} people is deleted at {audience.platform}. This
          always goes, whatever the gate says, and cannot be taken back. The segment stays.
        </p>
      }
      act={(reason) =>
        remove.mutateAsync({ params: { path: { id: audience.id } }, body: { reason } })
      }
    />
  );
}
