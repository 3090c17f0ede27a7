// What can be done to an audience; each act shows its effect first.
import { useConfirmFirst, useSyncAudience } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Release } from "@/trust/Release";
import { Act } from "@/ui/Act";
import { useRefusal } from "@/ui/scopes";
import { Verdict } from "@/ui/State";
import { Cancel, Delete, PauseOrResume, Reconcile, Resend } from "./ListActs";

/** The acts that make sense for an audience as it is now. */
export function Acts({ audience }: { readonly audience: Schemas["AudienceView"] }) {
  if (audience.status === "deleted") return null;
  return (
    <>
      {audience.status === "active" && <Sync audience={audience} />}
      {audience.gate?.codes.includes("first_sync") && <Confirm audience={audience} />}
      {audience.gate !== null && audience.gate.verdict !== "pass" && (
        <Release audience={audience} />
      )}
      <PauseOrResume audience={audience} />
      <Cancel audience={audience} />
      <Reconcile audience={audience} />
      <Resend audience={audience} />
      <Delete audience={audience} />
    </>
  );
}

type Props = { readonly audience: Schemas["AudienceView"] };

function Sync({ audience }: Props) {
  const sync = useSyncAudience();
  return (
    <Act
      name="Sync now…"
      verb="Sync now"
      done="A push was asked for."
      look="main"
      hasReason={false}
      refusal={useRefusal(sync.scopes)}
      effect={
        <p>
          A push of the net changes is planned at once. It still goes only if the gate lets it pass;
          the gate says <Verdict verdict={audience.gate?.verdict} /> now.
        </p>
      }
      act={() => sync.mutateAsync({ params: { path: { id: audience.id } } })}
    />
  );
}

function Confirm({ audience }: Props) {
  const confirm = useConfirmFirst();
  return (
    <Act
      name="Confirm first push…"
      verb="Confirm"
      done="The first push is confirmed."
      refusal={useRefusal(confirm.scopes)}
      effect={
        <p>
          The first push puts every consenting member of “{audience.segment}” on {audience.platform}
          . Measure the next push first to see how many. Confirm that this is meant.
        </p>
      }
      act={(reason) =>
        confirm.mutateAsync({ params: { path: { id: audience.id } }, body: { reason } })
      }
    />
  );
}
