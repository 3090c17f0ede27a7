// Publishing: its effects first, then the act.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePublishSegment } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatInterval } from "@/lib/number";
import { oneLine } from "@/lib/oneLine";
import { asProblem, type Problem } from "@/lib/problem";
import type { Rule } from "@/rule/types";
import { ProblemText } from "@/ui/Act";
import { useAnnounce } from "@/ui/Announcer";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { ReasonField } from "@/ui/ReasonField";
import { useRefusal } from "@/ui/scopes";
import { namesOf, useNamedSegments } from "../names";
import { RuleChanges } from "../RuleChanges";
import { ofApi } from "../wire";
import { Effects } from "./Effects";
import { useSegmentPreview } from "./usePreview";

interface Props {
  readonly segment: Schemas["SegmentView"];
  /** The saved version that would go live. */
  readonly version: number;
  readonly rule: Rule;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** A sheet with what publishing means. */
export function PublishSheet({ isOpen, onClose, ...rest }: Props) {
  return (
    <Dialog
      form="sheet"
      title={`Publish version ${rest.version} of ${rest.segment.name}`}
      isOpen={isOpen}
      onClose={onClose}
    >
      <Sheet {...rest} onClose={onClose} />
    </Dialog>
  );
}

function Sheet({ segment, version, rule, onClose }: Omit<Props, "isOpen">) {
  const preview = useSegmentPreview(rule, segment.id);
  const publish = usePublishSegment();
  const refusal = useRefusal(publish.scopes);
  const names = namesOf(useNamedSegments());
  const navigate = useNavigate();
  const announce = useAnnounce();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [reason, setReason] = useState("");
  const isWorkedOut = preview.data !== undefined || preview.error !== null;
  const missing = refusal ?? (isWorkedOut ? undefined : "The effect is still being worked out.");

  const act = async () => {
    setProblem(null);
    const params = { path: { id: segment.id }, header: { "if-match": `"${version}"` } };
    try {
      await publish.mutateAsync({ params, body: { reason: oneLine(reason) } });
      announce("The segment is published.");
      await navigate({ to: "/cdp/segments/$id", params: { id: String(segment.id) } });
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (missing === undefined) void act();
      }}
    >
      <Answer asked={preview} name="effect" height="8rem">
        {(data) => (
          <div className="grid gap-2">
            <p>{formatInterval(data.members)} people would be in.</p>
            <Effects preview={data} />
            {data.reads_history && (
              <p>It builds what it needs of the past for everybody: that takes longer.</p>
            )}
          </div>
        )}
      </Answer>
      <section aria-label="Changes" className="grid gap-2">
        <h3>{segment.version === 0 ? "The rule" : `Against version ${segment.version}`}</h3>
        <RuleChanges
          before={segment.rule === null ? null : ofApi(segment.rule)}
          after={rule}
          names={names}
        />
      </section>
      <p className="text-quiet">
        Events are judged by it at once; a sweep brings everybody else up to date.
      </p>
      <ReasonField value={reason} onChange={setReason} />
      {problem !== null && <ProblemText problem={problem} />}
      <footer className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="main" isBusy={publish.isPending} refusal={missing}>
          Publish version {version}
        </Button>
      </footer>
    </form>
  );
}
