// Why one person would be in or out by the draft, and beside it by the version that is live.
import type { Rule } from "@/rule/types";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Why, WhyDraft } from "@/why/Why";
import { toApi } from "../wire";

interface Props {
  /** Whose reasons are shown; undefined: nobody's. */
  readonly person: string | undefined;
  /** The rule that was previewed; null: none yet. */
  readonly rule: Rule | null;
  /** The rule has changed since. */
  readonly isOld: boolean;
  /** The live segment that the draft is of; null: there is none. */
  readonly live: number | null;
  readonly onClose: () => void;
}

/** A sheet for one person. */
export function WhyDraftSheet({ person, rule, isOld, live, onClose }: Props) {
  return (
    <Dialog form="sheet" title="Why?" isOpen={person !== undefined} onClose={onClose}>
      {person !== undefined && (
        <>
          <section aria-label="By this draft" className="grid gap-2">
            <h3>By this draft</h3>
            {isOld && <p className="text-degraded">Of the rule before the last change.</p>}
            {rule === null ? (
              <p className="text-quiet">Said once the rule is whole.</p>
            ) : (
              <WhyDraft key={person} profile={person} rule={toApi(rule)} segment={live} />
            )}
          </section>
          {live !== null && (
            <section
              aria-label="By the version that is live"
              className="grid gap-2 border-t border-line pt-4"
            >
              <h3>By the version that is live</h3>
              <Why key={person} profile={person} segment={live} />
            </section>
          )}
        </>
      )}
    </Dialog>
  );
}

/** The button that opens it. */
export function WhyDraftButton({ onPress }: { readonly onPress: () => void }) {
  return (
    <Button look="bare" className="min-h-7 px-2 text-table text-focus" onClick={onPress}>
      why ›
    </Button>
  );
}
