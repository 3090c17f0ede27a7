// How the gate is run: the workspace, its platforms, their audiences; own modes and what holds.
import { useAudiences, useGate } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Icon, type IconName } from "@/ui/Icon";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { ModeActs } from "./ModeActs";

type Mode = Schemas["EffectiveMode"]["mode"];
const ICONS: Record<Mode, IconName> = { enforce: "shield", advisory: "eye", frozen: "snow" };

/** The tree of scopes, each with the mode that holds for it. */
export function Modes() {
  const gate = useGate();
  const audiences = useAudiences({ params: { query: { limit: 200 } } });
  return (
    <Card title="Mode">
      <p className="mb-3 text-quiet">
        Frozen anywhere above is frozen below; otherwise the mode set closest to an audience holds.
      </p>
      <Answer asked={gate} name="gate's mode" height="6rem">
        {({ modes, effective }) => {
          const rows = rowsOf(audiences.data);
          const own = (scope: string) => modes.find((mode) => mode.scope === scope);
          const [top, ...platforms] = effective;
          return (
            <>
              {top !== undefined && (
                <Scope name="workspace" scope={top.scope} mode={top.mode} own={own(top.scope)} />
              )}
              <ul className="mt-2 ml-2 grid gap-2 border-l border-line pl-4">
                {platforms.map(({ scope, mode }) => {
                  const platform = scope.replace(/^platform:/, "");
                  const below = rows.filter((each) => each.platform === platform);
                  return (
                    <li key={scope} className="grid gap-1">
                      <Scope name={platform} scope={scope} mode={mode} own={own(scope)} />
                      <Below platform={platform} audiences={below} own={own} />
                    </li>
                  );
                })}
              </ul>
              {audiences.hasNextPage && (
                <p className="mt-2 text-quiet">The first {rows.length} audiences are shown.</p>
              )}
            </>
          );
        }}
      </Answer>
    </Card>
  );
}

interface BelowProps {
  readonly platform: string;
  readonly audiences: readonly Schemas["AudienceView"][];
  readonly own: (scope: string) => Schemas["ModeView"] | undefined;
}

function Below({ platform, audiences, own }: BelowProps) {
  if (audiences.length === 0) return <p className="text-note text-quiet">no audience</p>;
  return (
    <details>
      <summary>
        {plural(audiences.length, "audience", "audiences")} on {platform}
      </summary>
      <ul className="mt-1 ml-2 grid gap-2 border-l border-line pl-4">
        {audiences.map((audience) => {
          const scope = `audience:${audience.id}`;
          return (
            <li key={scope}>
              <Scope
                name={audience.name}
                scope={scope}
                mode={audience.gate?.mode}
                own={own(scope)}
              />
            </li>
          );
        })}
      </ul>
    </details>
  );
}

interface ScopeProps {
  readonly name: string;
  readonly scope: string;
  /** What holds for it; undefined where nobody said so yet. */
  readonly mode: Mode | undefined;
  /** What somebody set for it. */
  readonly own: Schemas["ModeView"] | undefined;
}

function Scope({ name, scope, mode, own }: ScopeProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span
        className={`inline-flex items-center gap-2 ${mode === undefined ? "text-unknown" : ""}`}
      >
        <Icon name={mode === undefined ? "ring" : ICONS[mode]} />
        <span>
          <b>{name}</b>: {mode ?? "not known"}
        </span>
      </span>
      {own !== undefined ? (
        <span className="text-quiet">
          set here: {own.mode}
          {own.expires_at !== null && (
            <>
              {" "}
              until <Time at={own.expires_at} form="clock" />
            </>
          )}
          , “{own.reason}”, {own.author_name ?? own.author} <Time at={own.set_at} />
        </span>
      ) : (
        mode !== undefined && mode !== "enforce" && <span className="text-quiet">from above</span>
      )}
      <ModeActs name={name} scope={scope} own={own} />
    </div>
  );
}
