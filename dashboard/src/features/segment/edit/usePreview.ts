// Who would be in: asked when a valid rule rests, or on demand; the last answer wins.
import { useState } from "react";
import { usePreviewRule, usePreviewSegment } from "@/api/cdp";
import type { Answer } from "@/api/hooks";
import type { Asked } from "@/ui/Answer";
import type { Rule } from "@/rule/types";
import { useLast, useRested } from "@/ui/later";
import { toApi } from "../wire";

const REST_MS = 1_500;

export type Preview = Answer<"/cdp/segments/preview", "post">;

/** A preview and whether it is of the rule as it stands. */
export interface Previewed {
  readonly asked: Asked<Preview>;
  /** The rule that was asked about last; null: none yet. */
  readonly rule: Rule | null;
  /** Nothing was asked for yet. */
  readonly isNone: boolean;
  /** It is of an earlier rule, or on its way. */
  readonly isOld: boolean;
  readonly askNow: () => void;
}

/** The preview of a rule for a segment, or for a new one. */
export function usePreview(rule: Rule, segment: number | null, isValid: boolean): Previewed {
  const rested = useRested(rule, REST_MS);
  const [wanted, setWanted] = useState<Rule | null>(null);
  const previewed = useLast(rule, isValid && (rested === rule || wanted === rule));
  const asked = useSegmentPreview(previewed, segment);
  return {
    asked,
    rule: previewed,
    isNone: previewed === null,
    isOld: previewed !== rule || asked.isPlaceholderData,
    askNow: () => {
      if (previewed === rule) void asked.refetch();
      else setWanted(rule);
    },
  };
}

/** The preview of one rule; null asks nothing. */
export function useSegmentPreview(rule: Rule | null, segment: number | null): Asked<Preview> {
  const body = rule === null ? null : { rule: toApi(rule) };
  const ofRule = usePreviewRule(segment === null ? body : null);
  const ofSegment = usePreviewSegment(segment === null ? null : body, {
    path: { id: segment ?? 0 },
  });
  return segment === null ? ofRule : ofSegment;
}
