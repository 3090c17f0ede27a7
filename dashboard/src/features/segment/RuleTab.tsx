// Tab: the rule that is live, in words and as its tree; and what a newer draft would change.
import { useSegmentVersions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, Empty } from "@/ui/Answer";
import { rowsOf } from "@/ui/Table";
import { namesOf, useNamedSegments } from "./names";
import { RuleChanges } from "./RuleChanges";
import { ofApi } from "./wire";
import { WordsView } from "./WordsView";

/** The rule. */
export function RuleTab({ segment }: { readonly segment: Schemas["SegmentView"] }) {
  const segments = useNamedSegments();
  const versions = useSegmentVersions({
    params: { path: { id: segment.id }, query: { limit: 1 } },
  });
  const isDraft = segment.newest_version > segment.version;
  const live = segment.rule === null ? null : ofApi(segment.rule);
  return (
    <div className="grid gap-4">
      {live === null ? (
        <Empty title="Never published">Nobody is a member until it is.</Empty>
      ) : (
        <WordsView rule={live} segments={segments} />
      )}
      <p className="text-quiet">
        {segment.purpose === ""
          ? "It serves no purpose that people consent to: its audiences ask for their platform’s own."
          : `It serves the purpose ${segment.purpose}: who withdraws that is taken off platforms at once.`}
      </p>
      {isDraft && (
        <Answer asked={versions} name="draft" height="6rem">
          {(data) => {
            const [newest] = rowsOf(data);
            if (newest === undefined) return null;
            return (
              <section aria-label="Draft" className="grid gap-2">
                <h3>
                  Draft: version {newest.version}, by {newest.author_name ?? newest.author}
                </h3>
                <RuleChanges before={live} after={ofApi(newest.rule)} names={namesOf(segments)} />
              </section>
            );
          }}
        </Answer>
      )}
    </div>
  );
}
