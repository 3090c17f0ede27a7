// Ids of signals and destinations as people call them.
import type { Schemas } from "@/api/schemas";
import { nameOf } from "@/lib/signals";

type Named = Pick<Schemas["AudienceView"], "id" | "name" | "platform">;

/** A signal's name by its id: "source:2" → "app (source:2)"; the id while no name is known. */
export function signalName(signals: readonly Schemas["Signal"][], id: string): string {
  const found = signals.find(({ signal }) => signal === id);
  return found === undefined ? id : nameOf(found);
}

/** A destination as its audience: "meta:1" → "Regulars (meta:1)"; itself while none is known. */
export function destinationName(audiences: readonly Named[], destination: string): string {
  const found = audiences.find(({ id, platform }) => `${platform}:${id}` === destination);
  return found === undefined ? destination : `${found.name} (${destination})`;
}
