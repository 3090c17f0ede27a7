// Sources by their names.
import type { Schemas } from "@/api/schemas";

/** What a source is called. */
export function sourceName(sources: readonly Schemas["SourceView"][], id: number): string {
  if (id === 0) return "operator";
  return sources.find((each) => each.id === id)?.name ?? `source ${id}`;
}
