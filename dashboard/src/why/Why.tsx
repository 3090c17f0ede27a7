// Why somebody is in a segment, or not, by its live rule or by a draft; now or at another instant.
import { useState } from "react";
import { useWhy, useWhyDraft } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, type Asked } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { InstantField } from "@/ui/InstantField";
import { Time } from "@/ui/Time";
import { useZone } from "@/ui/zone";
import { WhyTree } from "./WhyTree";

interface Props {
  readonly profile: string;
  readonly segment: number;
}

/** The answer with its reasons, its next change, and a choice of the instant. */
export function Why({ profile, segment }: Props) {
  const [at, setAt] = useState<string | undefined>();
  const why = useWhy({
    params: { path: { id: profile, segment }, query: at === undefined ? {} : { at } },
  });
  return <Explained why={why} at={at} onAt={setAt} />;
}

interface DraftProps {
  readonly profile: string;
  readonly rule: Schemas["DraftQuestion"]["rule"];
  /** The segment that would have the rule; null for a new one. */
  readonly segment: number | null;
}

/** The same by a rule that is not live. */
export function WhyDraft({ profile, rule, segment }: DraftProps) {
  const [at, setAt] = useState<string | undefined>();
  const why = useWhyDraft({ rule, profile_id: profile, segment, at: at ?? null });
  return <Explained why={why} at={at} onAt={setAt} />;
}

interface ExplainedProps extends AtProps {
  readonly why: Asked<Schemas["WhyView"]>;
}

function Explained({ why, at, onAt }: ExplainedProps) {
  return (
    <div className="grid gap-3">
      <AtPicker at={at} onAt={onAt} />
      <Answer asked={why} name="explanation" height="10rem">
        {(data) => (
          <>
            <Verdict why={data} isNow={at === undefined} />
            <WhyTree node={data.why} isMember={data.member} />
          </>
        )}
      </Answer>
    </div>
  );
}

interface VerdictProps {
  readonly why: Schemas["WhyView"];
  readonly isNow: boolean;
}

function Verdict({ why, isNow }: VerdictProps) {
  return (
    <div className="mb-3">
      <p className="flex flex-wrap items-center gap-x-2">
        <Icon name={why.member ? "check" : "cross"} />
        <b>{why.member ? "In" : "Out of"}</b>{" "}
        {why.segment === null ? "what this draft describes" : `“${why.segment}”`}{" "}
        {why.segment !== null && (
          <span className="text-quiet">
            {why.version === null ? "by this draft" : `version ${why.version}`}
          </span>
        )}
      </p>
      {why.restricted && (
        <p className="text-degraded">
          The person is restricted, and therefore in no segment, whatever the rule says.
        </p>
      )}
      <Stored why={why} isNow={isNow} />
      <p className="text-quiet">
        {why.flips_at === null ? (
          "Nothing changes this by itself."
        ) : (
          <>
            {why.member ? "Out" : "In"} {why.flips_exactly ? "exactly" : "not before"}{" "}
            <Time at={why.flips_at} form="clock" /> if nothing happens (<Time at={why.flips_at} />
            ).
          </>
        )}
      </p>
    </div>
  );
}

function Stored({ why, isNow }: VerdictProps) {
  if (why.member_stored === null || why.member === why.member_stored) return null;
  const stored = why.member_stored ? "in" : "out";
  // A draft, and an instant to come, differ from what is stored now by their nature.
  if (why.version === null || !isNow) return <p>Stored now: {stored}.</p>;
  return (
    <p className="text-degraded">
      Stored: {stored}. The membership is brought up to date in the background.
    </p>
  );
}

interface AtProps {
  readonly at: string | undefined;
  readonly onAt: (at: string | undefined) => void;
}

function AtPicker({ at, onAt }: AtProps) {
  return (
    <p className="flex flex-wrap items-center gap-2">
      <InstantField label="At" at={at} onChange={onAt} />
      <span className="text-table text-quiet">{useZone()}</span>
      {at !== undefined && <Button onClick={() => onAt(undefined)}>Now</Button>}
    </p>
  );
}
