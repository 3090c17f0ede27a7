// The preview beside the rule: how many, who comes and goes, who for instance, what follows.
import { useMemo } from "react";
import { formatCount, formatInterval, formatShare } from "@/lib/number";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import type { Counts } from "../tree";
import { Effects } from "./Effects";
import { Examples } from "./Examples";
import { Overlaps } from "./Overlaps";
import type { Preview, Previewed } from "./usePreview";

interface Props {
  readonly preview: Previewed;
  readonly isValid: boolean;
  /** Show why somebody would be in. */
  readonly onWhy: (person: string) => void;
}

/** The preview. */
export function PreviewCard({ preview, isValid, onWhy }: Props) {
  const { asked, isNone, isOld, askNow } = preview;
  return (
    <Card
      title="Who would be in"
      aside={
        <Button
          refusal={isValid ? undefined : "The rule has to be whole first."}
          isBusy={asked.isFetching}
          onClick={askNow}
        >
          {asked.isFetching ? "Counting…" : "Preview now"}
        </Button>
      }
    >
      {isNone ? (
        <p className="text-quiet">
          Counted once the rule is whole and nobody has typed for a moment.
        </p>
      ) : (
        <Answer asked={asked} name="preview" height="20rem">
          {(data) => (
            <div className={`grid gap-4 ${isOld ? "earlier" : ""}`}>
              {isOld && <p className="text-degraded">Of the rule before the last change.</p>}
              <HowMany preview={data} />
              <Effects preview={data} />
              <Examples examples={data.examples} onWhy={onWhy} />
              <Overlaps overlaps={data.overlaps} />
            </div>
          )}
        </Answer>
      )}
    </Card>
  );
}

function HowMany({ preview }: { readonly preview: Preview }) {
  const { members, people, people_exact: isExact, evaluated, exact } = preview;
  return (
    <div>
      <p className="text-heading font-[650]">{formatInterval(members)}</p>
      <p className="text-quiet">
        of {isExact ? "" : "about "}
        {formatCount(people)} people
        {people > 0 && ` (${formatShare(Math.min(1, members.value / people))})`};{" "}
        {exact ? "everybody was looked at" : `${formatCount(evaluated)} were looked at`}
      </p>
      {!preview.in_time && (
        <p className="text-degraded">Time was over early: the intervals are wider than usual.</p>
      )}
      {preview.reads_history && (
        <p className="text-degraded">
          It asks for something of the past that is not kept yet: the real number may be higher once
          publishing has built it.
        </p>
      )}
      {preview.unscored && (
        <p className="text-degraded">
          Nobody has RFM scores yet: conditions on them hold for nobody.
        </p>
      )}
    </div>
  );
}

/** How many people each block holds for, where the preview is of this rule. */
export function useCounts(preview: Previewed): Counts {
  const data = preview.isOld ? undefined : preview.asked.data;
  return useMemo(
    () =>
      new Map(
        (data?.nodes ?? []).map(({ path, holds }) => [
          path,
          {
            text: `${holds.low === holds.high ? "" : "≈ "}${formatCount(holds.value)}`,
            share: data === undefined || data.people === 0 ? 0 : holds.value / data.people,
          },
        ]),
      ),
    [data],
  );
}
