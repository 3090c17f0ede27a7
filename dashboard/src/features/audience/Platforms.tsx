// The ad platforms: connected or not, when last checked, and what to do.
import { useConnections, usePlatforms } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { standOf, type Known } from "@/trust/stand";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { Time } from "@/ui/Time";
import { PlatformActs } from "./PlatformActs";

type Platform = Schemas["PlatformView"];

const LOOKS = {
  well: { icon: "disc", className: "text-healthy" },
  wrong: { icon: "triangle", className: "text-degraded" },
  unknown: { icon: "ring", className: "text-unknown" },
} as const;

/** One part for each platform. */
export function Platforms() {
  const platforms = usePlatforms();
  const connections = useConnections();
  const known: Known = connections.data ?? (connections.error === null ? "loading" : "failed");
  return (
    <Card title="Platforms">
      <Answer asked={platforms} name="platforms" height="6rem">
        {(data) => (
          <ul className="grid grid-cols-[repeat(auto-fit,minmax(15rem,1fr))] gap-4">
            {data.map((platform) => (
              <li key={platform.platform} className="min-w-0">
                <One platform={platform} known={known} />
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </Card>
  );
}

function One({ platform, known }: { readonly platform: Platform; readonly known: Known }) {
  const connection =
    typeof known === "string"
      ? undefined
      : known.find((each) => each.platform === platform.platform);
  const { word, look } = standOf(platform, known);
  const { icon, className } = LOOKS[look];
  return (
    <div className="grid gap-1">
      <p className="flex items-center gap-2">
        <Monogram name={platform.platform} />
        <b className="capitalize">{platform.platform}</b>
      </p>
      <p className={`flex items-center gap-1 ${className}`}>
        <Icon name={icon} />
        {word}
      </p>
      {connection?.checked_at !== null && connection?.checked_at !== undefined && (
        <p className="text-table text-quiet">
          checked <Time at={connection.checked_at} />
        </p>
      )}
      {!platform.connected && (
        <p className="text-table text-quiet">
          Set its account and token in the configuration: <a href="/docs">API docs</a>.
        </p>
      )}
      {connection?.advice !== null && connection?.advice !== undefined && (
        <p>{connection.advice}</p>
      )}
      {platform.connected && (
        <PlatformActs
          platform={platform.platform}
          isDisconnected={connection?.status === "disconnected"}
        />
      )}
    </div>
  );
}

/** A platform's first letter in a frame: no brand's logo. */
export function Monogram({ name }: { readonly name: string }) {
  return (
    <span
      aria-hidden="true"
      className="inline-grid size-6 place-items-center rounded-control border border-edge text-note font-[650] uppercase"
    >
      {name.charAt(0)}
    </span>
  );
}
