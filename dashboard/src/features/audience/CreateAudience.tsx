// The dialog that links a segment to a platform.
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useCreateAudience, usePlatforms, useSegments } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { formatEstimate } from "@/lib/number";
import { ProblemText } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { NotAllOption } from "@/ui/NotAll";
import { useRefusal } from "@/ui/scopes";
import { FirstPush } from "./FirstPush";
import { Timing } from "./Timing";

const DAY_S = 86_400;

interface Props {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** The segment that is chosen at first. */
  readonly segment: string | undefined;
}

/** Create an audience. */
export function CreateAudience({ isOpen, onClose, segment }: Props) {
  return (
    <Dialog title="Create an audience" isOpen={isOpen} onClose={onClose}>
      <Form segment={segment} onClose={onClose} />
    </Dialog>
  );
}

function Form({ segment: chosen, onClose }: Omit<Props, "isOpen">) {
  const segments = useEvery(useSegments({ params: { query: { limit: 200 } } }));
  const platforms = usePlatforms().data ?? [];
  const create = useCreateAudience();
  const refusal = useRefusal(create.scopes);
  const navigate = useNavigate();
  const [segment, setSegment] = useState(chosen ?? "");
  const [platform, setPlatform] = useState("");
  const [name, setName] = useState("");
  const [interval, setInterval] = useState(3_600);
  const [holdout, setHoldout] = useState(0);
  const [ttlDays, setTtlDays] = useState("");
  const id = useId();
  const live = segments.rows.filter((each) => each.status === "live");
  const size = live.find((each) => String(each.id) === segment)?.members;
  const target = platforms.find((each) => each.platform === platform);

  const ttlS = ttlDays === "" ? null : Number(ttlDays) * DAY_S;

  const submit = async () => {
    const made = await create.mutateAsync({
      body: {
        segment_id: Number(segment),
        platform: platform as NonNullable<typeof target>["platform"],
        name: name.trim(),
        interval_s: interval,
        holdout_percent: holdout,
        ttl_s: ttlS,
      },
    });
    onClose();
    await navigate({ to: "/cdp/audience-sync/$id", params: { id: String(made.id) } });
  };
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit().catch(() => {}); // shown below
      }}
    >
      <div className="grid gap-1">
        <label htmlFor={`${id}s`}>Segment</label>
        <select
          id={`${id}s`}
          required
          value={segment}
          onChange={(event) => setSegment(event.target.value)}
        >
          <option value="">Choose…</option>
          {live.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
          <NotAllOption isCut={segments.isCut} />
        </select>
        <p className="text-table text-quiet">
          {size === undefined
            ? "Only live segments can be linked."
            : `${formatEstimate(size.value, size.exact)} members now.`}
        </p>
      </div>
      <div className="grid gap-1">
        <label htmlFor={`${id}p`}>Platform</label>
        <select
          id={`${id}p`}
          required
          value={platform}
          onChange={(event) => setPlatform(event.target.value)}
        >
          <option value="">Choose…</option>
          {platforms.map((each) => (
            <option key={each.platform} value={each.platform} disabled={!each.connected}>
              {each.platform}
              {each.connected ? "" : " (not configured)"}
            </option>
          ))}
        </select>
        {target !== undefined && (
          <p className="text-table text-quiet">
            Only people who granted “{target.purpose}” and have one of{" "}
            {target.identifiers.join(", ")} are sent.
          </p>
        )}
      </div>
      <div className="grid gap-1">
        <label htmlFor={`${id}n`}>Name at the platform</label>
        <input
          id={`${id}n`}
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <Timing
        interval={interval}
        onInterval={setInterval}
        ttlDays={ttlDays}
        onTtlDays={setTtlDays}
        holdout={holdout}
        onHoldout={setHoldout}
      />
      <FirstPush
        draft={
          target === undefined || segment === ""
            ? null
            : {
                segment_id: Number(segment),
                platform: target.platform,
                holdout_percent: holdout,
                ttl_s: ttlS,
              }
        }
      />
      <p className="text-quiet">
        Nothing is sent yet: the gate holds the first push until somebody has seen its size and
        confirmed it.
      </p>
      {create.error !== null && <ProblemText problem={create.error} />}
      <footer className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="main" refusal={refusal} isBusy={create.isPending}>
          Create
        </Button>
      </footer>
    </form>
  );
}
