// Two instants, chosen by the workspace's clock.
import { Button } from "@/ui/Button";
import { InstantField } from "@/ui/InstantField";
import { Time } from "@/ui/Time";

interface Instants {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

interface Props {
  readonly since: string;
  /** Undefined: now. */
  readonly until: string | undefined;
  readonly onChange: (next: Instants) => void;
}

/** From when to when; without an end up to now. */
export function Between({ since, until, onChange }: Props) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-2">
      <InstantField label="From" at={since} to={until} onChange={(at) => onChange({ since: at })} />
      <InstantField label="to" at={until} from={since} onChange={(at) => onChange({ until: at })} />
      {until !== undefined && (
        <Button onClick={() => onChange({ until: undefined })}>Up to now</Button>
      )}
      <span className="text-table text-quiet">
        <Time at={since} form="clock" /> – <Time at={until} form="clock" none="now" /> in the
        workspace’s zone
      </span>
    </div>
  );
}
