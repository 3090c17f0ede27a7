// The dialog that overrides reasons of the gate for a while.
import { useState } from "react";
import { useAudiences, useCreateOverride } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { HOUR } from "@/lib/time";
import { CODES } from "./codes";
import { Act } from "@/ui/Act";
import { Choice } from "@/ui/Choice";
import { Lasting } from "@/ui/Lasting";
import { useRefusal } from "@/ui/scopes";

/** Reasons that have a way out; the API says which of them can be overridden. */
const OFFERED = Object.entries(CODES).filter(([, text]) => text.wayOut !== null);

interface Props {
  /** The scope that is chosen at first; default the workspace. */
  readonly scope?: string;
  /** The reasons that are chosen at first. */
  readonly codes?: readonly string[];
}

const NONE: readonly string[] = [];

/** Override reasons for the workspace, a platform or an audience. */
export function Override({ scope: about = "workspace", codes: given = NONE }: Props) {
  const create = useCreateOverride();
  const workspace = useWorkspace().data;
  const audiences = useEvery(useAudiences({ params: { query: { limit: 200 } } }));
  const [scope, setScope] = useState(about);
  const [codes, setCodes] = useState<readonly string[]>(
    given.filter((code) => OFFERED.some(([offered]) => offered === code)),
  );
  const [hours, setHours] = useState(1);
  return (
    <Act
      name="Override…"
      title="Override reasons of the gate"
      verb="Override"
      done="The override is recorded."
      look="danger"
      refusal={useRefusal(create.scopes)}
      missing={codes.length === 0 ? "Choose at least one reason of the gate." : undefined}
      effect={
        <div className="grid gap-3">
          <p>
            While it lasts, these reasons hold or block no push of the scope. Everything else still
            does.
            {workspace?.two_persons === true && " It counts once a second person has approved it."}
          </p>
          <Choice
            label="Scope"
            value={scope === "workspace" ? undefined : scope}
            isCut={audiences.isCut}
            any="workspace"
            options={[
              ...(workspace?.platforms ?? []).map(
                (name) => [`platform:${name}`, `platform ${name}`] as const,
              ),
              ...audiences.rows.map((each) => [`audience:${each.id}`, each.name] as const),
            ]}
            onChange={(next) => setScope(next ?? "workspace")}
          />
          <Lasting hours={hours} longestS={workspace?.longest_override_s} onChange={setHours} />
          <fieldset>
            <legend>Reasons</legend>
            <div className="grid gap-y-2 sm:grid-cols-2">
              {OFFERED.map(([code, text]) => (
                <label key={code} className="flex items-center gap-2">
                  <input
                    type="checkbox"
                    checked={codes.includes(code)}
                    onChange={(event) =>
                      setCodes(
                        event.target.checked
                          ? [...codes, code]
                          : codes.filter((each) => each !== code),
                      )
                    }
                  />
                  {text.name}
                </label>
              ))}
            </div>
          </fieldset>
        </div>
      }
      act={(reason) =>
        create.mutateAsync({
          body: {
            scope,
            codes: codes as Schemas["OverrideRequest"]["codes"],
            reason,
            expires_at: new Date(Date.now() + hours * HOUR).toISOString(),
          },
        })
      }
    />
  );
}
