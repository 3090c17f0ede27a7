// How many events the live feed told of, of those that a list shows.
import type { Schemas } from "@/api/schemas";

/** What a list is filtered by. */
interface Filter {
  readonly type?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly source?: number | null | undefined;
}

/**
 * The count so far with one message more; null once it cannot be known.
 *
 * A message that was left out is null; messages do not say of which source events are.
 */
export function toldWith(
  told: number | null,
  message: Schemas["LiveEvents"] | null,
  { type, name, source }: Filter,
): number | null {
  if (told === null || message === null || (source ?? null) !== null) return null;
  return message.counts
    .filter((each) => (type ?? each.type) === each.type && (name ?? each.name) === each.name)
    .reduce((sum, { count }) => sum + count, told);
}
