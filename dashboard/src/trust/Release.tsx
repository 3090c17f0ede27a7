// The dialog that lets an audience's next push go in spite of the gate.
import { useState } from "react";
import { useReleasePush } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { HOUR } from "@/lib/time";
import { Act } from "@/ui/Act";
import { Lasting } from "@/ui/Lasting";
import { useRefusal } from "@/ui/scopes";
import { Verdict } from "@/ui/State";

interface Props {
  readonly audience: Schemas["AudienceView"];
}

/** Release the next push. */
export function Release({ audience }: Props) {
  const release = useReleasePush();
  const workspace = useWorkspace().data;
  const [hours, setHours] = useState(1);
  return (
    <Act
      name="Release…"
      title="Release the next push"
      verb="Release"
      done={
        workspace?.two_persons === true
          ? "The release waits for a second person."
          : "The next push is released."
      }
      look="danger"
      refusal={useRefusal(release.scopes)}
      effect={
        <div className="grid gap-2">
          <p>
            The gate says <Verdict verdict={audience.gate?.verdict} />:{" "}
            {audience.gate?.codes.join(", ")}. A release lets this one push go nevertheless, as long
            as it lasts.
          </p>
          <Lasting hours={hours} longestS={workspace?.longest_override_s} onChange={setHours} />
          <p>
            {formatCount(audience.pending)} changes wait. Measure the next push to see who comes and
            goes.
          </p>
          {workspace?.two_persons === true && (
            <p>A second person has to approve it before it counts.</p>
          )}
        </div>
      }
      act={(reason) =>
        release.mutateAsync({
          params: { path: { id: audience.id } },
          body: { reason, expires_at: new Date(Date.now() + hours * HOUR).toISOString() },
        })
      }
    />
  );
}
