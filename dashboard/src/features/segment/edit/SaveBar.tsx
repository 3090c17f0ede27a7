// Saving the draft and going on to publishing; what stands against it is said in words.
import { useState } from "react";
import { useSegmentVersions, useUpdateSegment } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { asProblem, type Problem } from "@/lib/problem";
import { ProblemText } from "@/ui/Act";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { useRefusal } from "@/ui/scopes";
import { rowsOf } from "@/ui/Table";
import type { SegmentSearch } from "../address";
import type { useEditing } from "./useEditing";

interface Props {
  readonly segment: Schemas["SegmentView"] | null;
  readonly editing: ReturnType<typeof useEditing>;
  readonly problems: number;
  readonly isValid: boolean;
  readonly trouble: string | null;
  readonly save: (then: SegmentSearch) => Promise<void>;
  /** What is saved already is published. */
  readonly publish: () => void;
}

/** The bar at the foot of the editor. */
export function SaveBar({ segment, editing, problems, isValid, trouble, save, publish }: Props) {
  const { draft, fields, base, isSaved } = editing;
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const announce = useAnnounce();
  const scope = useRefusal(useUpdateSegment().scopes);
  const versions = useSegmentVersions(
    { params: { path: { id: segment?.id ?? 0 }, query: { limit: 1 } } },
    { enabled: segment !== null },
  );
  const newest = segment === null ? 0 : (rowsOf(versions.data)[0]?.version ?? 0);
  const isLive = segment !== null && base === segment.version && isSaved;
  const refusal =
    scope ??
    (draft.fault === null ? undefined : "The JSON cannot be read.") ??
    (fields.name.trim() === "" ? "Give it a name first." : undefined) ??
    (fields.purpose === "" ? "Say first which purpose it serves." : undefined) ??
    (newest > base ? "Another version was saved meanwhile: see above." : undefined);
  const notWhole = isValid ? undefined : "The rule has to be whole first.";

  const run = async (then: SegmentSearch) => {
    setBusy(true);
    setProblem(null);
    try {
      await save(then);
      if (then.open === undefined) announce("The draft is saved.");
    } catch (error) {
      const found = asProblem(error);
      setProblem(found);
      // Another version may be the reason: then it is shown above, with its difference.
      if (found.status === 409 && segment !== null) await versions.refetch();
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="sticky bottom-0 grid gap-2 border-t border-line bg-canvas py-3">
      {problem !== null && newest <= base && <ProblemText problem={problem} />}
      <p className="flex flex-wrap items-center gap-3">
        <Button
          refusal={refusal ?? (isSaved && segment !== null ? "Everything is saved." : undefined)}
          isBusy={isBusy}
          onClick={() => void run({})}
        >
          Save draft
        </Button>
        <Button
          look="main"
          refusal={refusal ?? notWhole ?? (isLive ? "This version is live." : undefined)}
          isBusy={isBusy}
          onClick={() => {
            if (isSaved && segment !== null) publish();
            else void run({ open: "publish" });
          }}
        >
          {isSaved && segment !== null ? "Publish…" : "Save and publish…"}
        </Button>
        <span role="status" className="text-quiet">
          {trouble ??
            (problems > 0
              ? `${plural(problems, "thing", "things")} to correct`
              : isValid
                ? "The rule can be published."
                : "Checking the rule…")}
        </span>
      </p>
    </div>
  );
}
