// Links, causes and kinds in words.
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { mask } from "@/lib/mask";

type Cause = Schemas["CauseView"];
type End = Schemas["End"];

const STATUSES: Readonly<Record<Schemas["LinkView"]["status"], string>> = {
  linked: "holds",
  refused: "is refused",
  banned: "✕ is banned",
};

/** A link's status with a sign where it does not hold. */
export const statusWords = (status: Schemas["LinkView"]["status"]): string => STATUSES[status];

/** What stated a fact: "identify", "track Order Completed"; unknown causes are said. */
export function causeWords(cause: Cause): string {
  if (cause.type === null) return "an event that is not stored any more";
  if (cause.type === "allow") return "a ban that was lifted";
  return [cause.type, cause.name].filter(Boolean).join(" ");
}

/** An identifier in words, masked or not. */
export function endWords(end: Pick<End, "kind" | "value">, isMasked: boolean): string {
  if (end.value === null || end.value === "") return "an identifier that is not stored";
  return isMasked ? mask(end.value) : end.value;
}

/** "5 identifiers · 4 links · 1 refused". */
export function sizeWords(nodes: number, links: number, refused: number, banned: number): string {
  return [
    plural(nodes, "identifier", "identifiers"),
    plural(links, "link", "links"),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(banned > 0 ? [`${banned} banned`] : []),
  ].join(" · ");
}
