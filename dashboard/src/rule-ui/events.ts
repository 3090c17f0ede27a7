// What conditions on events can speak of in this workspace, read from the API.
import { useEventNames, useEventProperties } from "@/api/cdp";
import { EVENT_TYPES } from "@/rule/language";
import type { EventFilter, EventType } from "@/rule/types";
import { useMinute } from "@/ui/clock";
import { useZone } from "@/ui/zone";
import { type EventCatalogue, kindOfTypes } from "./catalogue";

const NAMES = 200;

/** Events by name, and the properties of those that these filters let through. */
export function useEventCatalogue(filters: readonly EventFilter[]): EventCatalogue {
  const names = useEventNames({ params: { query: { limit: NAMES } } }).data?.items ?? [];
  // Of a name that is half typed nothing is known.
  const isKnown = (one: { name: string }) =>
    one.name === "" || names.some(({ name }) => name === one.name);
  const wanted = filters.flatMap(named).filter(isKnown);
  const asked = [...new Map(wanted.map((one) => [keyOf(one), one])).values()];
  const found = useEventProperties(asked);
  const known = new Map(asked.map((one, index) => [keyOf(one), found[index] ?? []]));
  const today = new Date(useMinute()).toISOString().slice(0, 10);
  return {
    events: names.flatMap(({ type, name }) =>
      isType(type) && name !== "" ? [{ type, name }] : [],
    ),
    properties: (event) =>
      named(event).flatMap((one) =>
        (known.get(keyOf(one)) ?? []).map(({ property, types }) => ({
          name: property,
          kind: kindOfTypes(types),
        })),
      ),
    timeZone: useZone(),
    starts: { instant: today, span: "30d" },
  };
}

function isType(type: string): type is EventType {
  return EVENT_TYPES.some((one) => one === type);
}

/** How the API's catalogue calls what a filter lets through; nothing where that is any event. */
function named(event: EventFilter): { name: string; type: string }[] {
  const type = event.event_type ?? "track";
  if (event.name !== null) return [{ name: event.name, type: "" }];
  return type === "track" ? [] : [{ name: "", type }];
}

function keyOf({ name, type }: { name: string; type: string }): string {
  return `${type} ${name}`;
}
