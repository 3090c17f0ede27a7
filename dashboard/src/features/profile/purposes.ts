// The purposes of consent that this workspace asks for.
import { useSegments } from "@/api/cdp";
import { useWhole } from "@/api/whole";
import { rowsOf } from "@/ui/Table";

/** Purposes that segments serve, and others that are known, in the order of the alphabet. */
export function usePurposes(others: readonly string[] = []): string[] {
  const segments = useSegments({ params: { query: { limit: 200 } } });
  useWhole(segments);
  const named = rowsOf(segments.data).map((segment) => segment.purpose);
  return [...new Set([...named, ...others])]
    .filter((purpose) => purpose !== "" && purpose !== "*")
    .toSorted();
}
