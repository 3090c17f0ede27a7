// What can be said of a scope: freeze it, only advise for a while, enforce again.
import { useState } from "react";
import { useSetMode } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import type { Schemas } from "@/api/schemas";
import { HOUR } from "@/lib/time";
import { Act } from "@/ui/Act";
import { Lasting } from "@/ui/Lasting";
import { useRefusal } from "@/ui/scopes";

interface Props {
  readonly name: string;
  readonly scope: string;
  /** What somebody set for it. */
  readonly own: Schemas["ModeView"] | undefined;
}

/** The acts that make sense for a scope as it is now. */
export function ModeActs({ name, scope, own }: Props) {
  return (
    <span className="flex flex-wrap gap-2">
      {own?.mode !== "frozen" && <FreezeScope name={name} scope={scope} />}
      {own === undefined && <Advise name={name} scope={scope} />}
      {own !== undefined && <Enforce name={name} scope={scope} />}
    </span>
  );
}

type ScopeProps = Omit<Props, "own">;

function FreezeScope({ name, scope }: ScopeProps) {
  const set = useSetMode();
  return (
    <Act
      name={`Freeze ${name}…`}
      verb="Freeze"
      done={`Pushes of ${name} are frozen.`}
      look="danger"
      refusal={useRefusal(set.scopes)}
      effect={
        <p>
          No audience change of {name} leaves until somebody sets the gate to enforce again.
          Withdrawals of consent and erasures still go at once.
        </p>
      }
      act={(reason) => set.mutateAsync({ body: { scope, mode: "frozen", reason } })}
    />
  );
}

function Advise({ name, scope }: ScopeProps) {
  const set = useSetMode();
  const longestS = useWorkspace().data?.longest_override_s;
  const [hours, setHours] = useState(1);
  return (
    <Act
      name={`Only advise ${name}…`}
      verb="Advise"
      done={`The gate only advises for ${name}.`}
      refusal={useRefusal(["gate"])}
      effect={
        <div className="grid gap-3">
          <p>
            A dry run: nothing of {name} is sent, and every decision says what would have been done.
          </p>
          <Lasting hours={hours} longestS={longestS} onChange={setHours} />
        </div>
      }
      act={(reason) =>
        set.mutateAsync({
          body: {
            scope,
            mode: "advisory",
            reason,
            expires_at: new Date(Date.now() + hours * HOUR).toISOString(),
          },
        })
      }
    />
  );
}

function Enforce({ name, scope }: ScopeProps) {
  const set = useSetMode();
  return (
    <Act
      name={`Enforce ${name} again…`}
      verb="Enforce"
      done={`The gate enforces again for ${name}.`}
      refusal={useRefusal(["gate"])}
      effect={
        <p>
          What was set for {name} ends. Its pushes are judged and go again while the gate lets them
          pass, unless something above it is frozen.
        </p>
      }
      act={(reason) => set.mutateAsync({ body: { scope, mode: "enforce", reason } })}
    />
  );
}
