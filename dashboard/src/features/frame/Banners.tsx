// Banners: only what changes what may be trusted on every page.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCDPHealth, useGate, useLag } from "@/api/cdp";
import { useLiveState } from "@/api/live";
import { formatSpan } from "@/lib/time";
import { Icon, type IconName } from "@/ui/Icon";
import { Time } from "@/ui/Time";

/** All banners that hold now. */
export function Banners() {
  const health = useCDPHealth();
  const gate = useGate();
  const lag = useLag();
  const live = useLiveState();
  const modes = gate.data?.modes ?? [];
  const down = Object.entries(health.data?.components ?? {}).filter(
    ([, each]) => each.status === "down",
  );
  const stuck = health.data?.partitions.length ?? 0;
  return (
    <div className="grid">
      {modes.map((mode) => (
        <Banner
          key={mode.scope}
          icon={mode.mode === "frozen" ? "snow" : "eye"}
          way={<Link to="/trust/gate">Set it at the gate</Link>}
        >
          {mode.mode === "frozen" ? "Pushes are frozen" : "The gate only advises, nothing is sent"}
          {mode.scope === "workspace" ? "" : ` for ${mode.scope}`}
          {mode.expires_at !== null && (
            <>
              {" "}
              until <Time at={mode.expires_at} form="clock" />
            </>
          )}
          : “{mode.reason}”
        </Banner>
      ))}
      {down.map(([name]) => (
        <Banner key={name} icon="square">
          {name} does not answer. Figures may be old.
        </Banner>
      ))}
      {stuck > 0 && (
        <Banner icon="square">{stuck} partitions of the event log do not get on.</Banner>
      )}
      {health.error !== null && (
        <Banner icon="square">
          The server does not answer: {health.error.message} What you see may be old.
        </Banner>
      )}
      {lag.data?.late === true && (
        <Banner icon="triangle">
          Events are {formatSpan(lag.data.seconds_behind)} behind: figures are of that time.
        </Banner>
      )}
      {live === "off" && (
        <Banner icon="ring">Live is off: the page reads every 10 s instead.</Banner>
      )}
    </div>
  );
}

interface BannerProps {
  readonly icon: IconName;
  readonly children: ReactNode;
  /** Where it can be changed. */
  readonly way?: ReactNode;
}

function Banner({ icon, children, way }: BannerProps) {
  return (
    <p role="status" className="flex items-center gap-2 border-b border-line bg-surface px-4 py-2">
      <Icon name={icon} />
      <span>{children}</span>
      {way}
    </p>
  );
}
