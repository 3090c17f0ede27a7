// Places of the data map in words, and which of them have the words of a filter.
import type { Schemas } from "@/api/schemas";
import { plain, STEPS } from "./words";

type Place = Schemas["PlaceView"];
type Words = Partial<Record<string, string>>;

export const PERSONAL = {
  value: "in clear",
  digest: "as a digest",
  none: "tells of nobody",
} satisfies Record<Place["personal"], string>;

/** By what a person leaves a place, where it is no step. */
export const LEAVES = {
  engine: "with the person, in the engine's transaction",
  kept: "it stays, as a digest",
  retention: "by age alone",
  none: "nothing to remove",
} satisfies Record<Exclude<Place["leaves"], keyof typeof STEPS>, string>;

/** How far a place tells of a person. */
export function personalWords(personal: string): string {
  return (PERSONAL as Words)[personal] ?? plain(personal);
}

/** By what an erased person leaves a place. */
export function leavesWords(leaves: string): string {
  return (LEAVES as Words)[leaves] ?? `in the step ${plain(leaves)}`;
}

/** Which section of an archive of access tells a place, or why none does. */
export function toldWords({ access, withheld, personal }: Place): string {
  if (access !== "") return `in the section ${plain(access)}`;
  if (withheld !== "") return `not told: ${withheld}`;
  return personal === "none" ? "nothing to tell" : "not told";
}

/** Whether what is shown of a place has all words of a filter. */
export function hasWords(place: Place, filter: string): boolean {
  const shown = [
    place.store,
    place.name,
    ...place.columns,
    place.what,
    personalWords(place.personal),
    place.why,
    place.kept,
    leavesWords(place.leaves),
    toldWords(place),
  ];
  const text = shown.join(" ").replaceAll("`", "").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
