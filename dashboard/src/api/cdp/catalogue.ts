// Hooks: what there is by name – properties of events, traits, purposes, identifier kinds.
import { useQueries } from "@tanstack/react-query";
import { api } from "../client";
import { reading } from "../hooks";
import type { Schemas } from "../schemas";

export const useTraitNames = reading("/cdp/catalogue/traits", { refreshS: 300 });
export const usePurposes = reading("/cdp/catalogue/purposes", { refreshS: 300 });
export const useIdentifierKinds = reading("/cdp/catalogue/identifiers");

const FRESH_MS = 300_000;

/** An event by name, or by type where its type has no names. */
export interface NamedEvent {
  readonly name: string;
  readonly type: string;
}

/** The properties of some events, in the order in which they were asked for; empty until they are known. */
export function useEventProperties(
  events: readonly NamedEvent[],
): readonly (readonly Schemas["CatalogueProperty"][])[] {
  return useQueries({
    queries: events.map(({ name, type }) =>
      api.queryOptions(
        "get",
        "/cdp/catalogue/properties",
        { params: { query: { name, type } } },
        { staleTime: FRESH_MS },
      ),
    ),
  }).map(({ data }) => data?.items ?? []);
}
