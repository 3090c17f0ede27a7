// The settings of an audience: name, interval, time to live, holdout.
import { useId, useState } from "react";
import { useUpdateAudience } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { ProblemText } from "@/ui/Act";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";

const DAY_S = 86_400;

interface Props {
  readonly audience: Schemas["AudienceView"];
}

/** A form over what can be changed; the platform and the segment cannot. */
export function Settings({ audience }: Props) {
  const [opened, setOpened] = useState(0);
  return <Form key={opened} audience={audience} onAgain={() => setOpened(opened + 1)} />;
}

function Form({ audience, onAgain }: Props & { readonly onAgain: () => void }) {
  // What was seen is what is changed, also when somebody else has changed it since.
  const [etag, setEtag] = useState(audience.etag);
  const [name, setName] = useState(audience.name);
  const [interval, setInterval] = useState(String(audience.interval_s));
  const [ttl, setTtl] = useState(audience.ttl_s === null ? "" : String(audience.ttl_s / DAY_S));
  const [holdout, setHoldout] = useState(String(audience.holdout_percent));
  const update = useUpdateAudience();
  const refusal = useRefusal(update.scopes);
  const announce = useAnnounce();
  const id = useId();
  const isThere = audience.platform_id !== null;

  const submit = async () => {
    const changed = await update.mutateAsync({
      params: { path: { id: audience.id }, header: { "if-match": etag } },
      body: {
        ...(name === audience.name ? {} : { name: name.trim() }),
        interval_s: Number(interval),
        ttl_s: ttl === "" ? null : Math.round(Number(ttl) * DAY_S),
        holdout_percent: Number(holdout),
      },
    });
    setEtag(changed.etag);
    announce("The audience is changed.");
  };
  const field = (
    key: string,
    label: string,
    value: string,
    set: (text: string) => void,
    type: string,
  ) => (
    <div className="grid gap-1">
      <label htmlFor={id + key}>{label}</label>
      <input
        id={id + key}
        type={type}
        min={0}
        step={key === "t" ? "any" : 1}
        readOnly={key === "n" && isThere}
        value={value}
        required={key !== "t"}
        onChange={(event) => set(event.target.value)}
      />
    </div>
  );
  return (
    <Card title="Settings">
      <form
        className="grid max-w-xl gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit().catch(() => {}); // shown below
        }}
      >
        {field("n", "Name at the platform", name, setName, "text")}
        {isThere && (
          <p className="text-table text-quiet">
            The platform has it under this name: it cannot be changed any more.
          </p>
        )}
        {field("i", "Seconds between pushes (0: at once)", interval, setInterval, "number")}
        {field("t", "Days listed at most (empty: no limit)", ttl, setTtl, "number")}
        {field("h", "Held out, %", holdout, setHoldout, "number")}
        <p className="text-table text-quiet">
          After a change of the days or of the share held out, the next push compares everybody.
        </p>
        {audience.etag !== etag && !update.isPending && !update.isSuccess && (
          <p>
            Somebody changed the settings meanwhile. <Button onClick={onAgain}>Show them</Button>
          </p>
        )}
        {update.error !== null && <ProblemText problem={update.error} />}
        <p>
          <Button type="submit" look="main" refusal={refusal} isBusy={update.isPending}>
            Save
          </Button>
        </p>
      </form>
    </Card>
  );
}
