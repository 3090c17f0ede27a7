// Whether a draft could be published: our own checks while somebody types, then the API's word.
import { useValidateRule } from "@/api/cdp";
import { checksOf } from "@/rule/checks";
import type { Draft } from "@/rule/draft";
import { type Problem, problemsOf, problemsOfChecks } from "@/rule/problems";
import { useRested } from "@/ui/later";
import { toApi } from "../wire";

const REST_MS = 400;

/** What is wrong with a draft. */
export interface Checked {
  readonly problems: readonly Problem[];
  /** The API has said that exactly this rule can be published. */
  readonly isValid: boolean;
  /** Why the API could not be asked, where it was not the rule. */
  readonly trouble: string | null;
}

/** Check a draft once its rule rests; `segment` is the one that has it. */
export function useChecked(draft: Draft, segment: number | null): Checked {
  const { rule, fault } = draft;
  const rested = useRested(rule, REST_MS);
  const asked = useValidateRule(fault === null ? { rule: toApi(rested), segment } : null);
  const isOfThis = rested === rule && fault === null && !asked.isPlaceholderData;
  if (isOfThis && asked.error !== null) {
    const { error } = asked;
    const found = error.errors.length > 0 ? error.errors : [{ field: "$", message: error.message }];
    if (error.status === 422 || error.status === 400)
      return { problems: problemsOf(rule, found), isValid: false, trouble: null };
    return {
      problems: problemsOfChecks(rule, checksOf(rule)),
      isValid: false,
      trouble: error.message,
    };
  }
  if (isOfThis && asked.data !== undefined) return { problems: [], isValid: true, trouble: null };
  return { problems: problemsOfChecks(rule, checksOf(rule)), isValid: false, trouble: null };
}
