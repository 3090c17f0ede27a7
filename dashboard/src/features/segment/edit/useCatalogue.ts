// What a rule can speak of in this workspace, from the API's catalogue.
import { useIdentifierKinds, usePurposes, useTraitNames, useTraits } from "@/api/cdp";
import { type Catalogue, kindOfTypes } from "@/rule-ui/catalogue";
import { useEventCatalogue } from "@/rule-ui/events";
import type { Rule } from "@/rule/types";
import { useRested } from "@/ui/later";
import { rowsOf } from "@/ui/Table";
import { referable, useEverySegment } from "../names";
import { filtersOf } from "./events";

const REST_MS = 400;
const OFFERED = 200;

/** The catalogue for a rule; `own` is the segment that has it. What is not known yet is not offered. */
export function useCatalogue(rule: Rule, own: number | null): Catalogue {
  const events = useEventCatalogue(filtersOf(useRested(rule, REST_MS)));
  const query = { limit: OFFERED };
  const traits = useTraitNames({ params: { query } }).data?.items ?? [];
  const purposes = usePurposes({ params: { query } }).data?.items ?? [];
  const computed = rowsOf(useTraits({ params: { query } }).data);
  const kinds = useIdentifierKinds();
  const segments = useEverySegment();
  return {
    ...events,
    traits: traits.map((one) => ({ name: one.name, kind: kindOfTypes(one.types) })),
    computed: computed
      .filter((one) => one.status === "live")
      .map((one) => ({ name: one.name, kind: "unknown" })),
    purposes: purposes.map((one) => one.purpose),
    identifiers: (kinds.data?.items ?? []).map((one) => one.kind),
    segments: referable(segments.rows, own),
    isCut: segments.isCut,
  };
}
