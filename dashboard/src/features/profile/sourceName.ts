// Sources by their names.
import { useSources } from "@/api/cdp";
import { useEvery } from "@/api/every";

/** A function that names a source; 0 is an operator's command. */
export function useSourceName(): (id: number) => string {
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } })).rows;
  const names = new Map(sources.map((source) => [source.id, source.name]));
  return (id) => (id === 0 ? "operator" : (names.get(id) ?? `source ${id}`));
}
