// Sources of dead letters by name.
import { useSources } from "@/api/cdp";
import { useEvery } from "@/api/every";

/** Says what a source is called; null is a source that nobody recognised. */
export function useSourceName(): (id: number | null) => string {
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } })).rows;
  return (id) =>
    id === null
      ? "not recognised"
      : (sources.find((each) => each.id === id)?.name ?? `source ${id}`);
}
