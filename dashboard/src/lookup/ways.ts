// The ways in which a typed text may name a person: as a profile id, and as every kind there is.
import { spellingsOf, type Spelled } from "@/lib/spelling";
import { UUID } from "@/lib/url";

/** What looking up by profile id is called; no kind of identifier has a space. */
export const PROFILE_ID = "profile id";

/**
 * Every way to look a text up, likeliest first; a text that names its kind is looked up by it alone.
 *
 * A text of the form of a profile id may also be an identifier: devices and visitors have such ids.
 */
export function waysOf(text: string, kinds: readonly string[]): Spelled[] {
  const value = text.trim();
  if (value === "") return [];
  const likely = spellingsOf(value, kinds);
  if (likely.some((each) => each.value !== value)) return likely;
  const others = kinds.filter((kind) => !likely.some((each) => each.kind === kind));
  return [
    ...(UUID.test(value) ? [{ kind: PROFILE_ID, value }] : []),
    ...likely,
    ...others.map((kind) => ({ kind, value })),
  ];
}

/** The ways that were tried, in words: "email, phone and user_id". */
export function triedWords(tried: readonly string[]): string {
  return tried.length < 2
    ? tried.join("")
    : `${tried.slice(0, -1).join(", ")} and ${tried.at(-1) ?? ""}`;
}
