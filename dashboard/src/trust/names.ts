// What people call signals and destinations, whose ids the API's records carry.
import { useAudiences, useSignals } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { destinationName, signalName } from "./called";

/** Names of signals. */
export function useSignalName(): (id: string) => string {
  const items = useSignals().data?.items ?? [];
  return (id) => signalName(items, id);
}

/** Names of destinations. */
export function useDestinationName(): (destination: string) => string {
  const { rows } = useEvery(useAudiences({ params: { query: { limit: 200 } } }));
  return (destination) => destinationName(rows, destination);
}
