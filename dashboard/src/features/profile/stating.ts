// What somebody states of a person's consent, while they type it.
import type { Schemas } from "@/api/schemas";

/** What stands for every purpose; it can only be refused. */
export const EVERY = "*";

/** The form of the API, as far as it is filled in. */
export interface Draft {
  readonly state: Schemas["ConsentRequest"]["state"] | undefined;
  readonly purpose: string;
  readonly evidence: string;
  readonly version: string;
  /** When it was said, as the workspace's clocks show it; empty: now. */
  readonly said: string;
}

export const NOTHING: Draft = {
  state: undefined,
  purpose: "",
  evidence: "",
  version: "",
  said: "",
};

type Known = Pick<
  Schemas["CataloguePurpose"],
  "purpose" | "title" | "platforms" | "segments" | "exports"
>;

/**
 * The purposes that can be stated of a person, with their words: those that the workspace knows and
 * those that the person has stated before. Others only stand in what somebody else stated.
 */
export function purposesFor(
  state: Draft["state"],
  catalogue: readonly Known[],
  own: readonly string[],
): [string, string][] {
  const known = catalogue.filter(
    ({ title, platforms, segments, exports }) =>
      title !== null || platforms.length + segments.length + exports.length > 0,
  );
  const words = new Map(
    known.map(({ purpose, title }) => [
      purpose,
      title === null ? purpose : `${title} (${purpose})`,
    ]),
  );
  for (const purpose of own) if (!words.has(purpose)) words.set(purpose, purpose);
  words.delete(EVERY);
  const named = [...words].toSorted(([a], [b]) => a.localeCompare(b));
  return state === "granted" ? named : [...named, [EVERY, "every purpose"]];
}

/** What is still to be filled in, in words. */
export function missingOf(draft: Draft, at: number | null): string | undefined {
  if (draft.state === undefined) return "Choose whether it is granted or withdrawn.";
  if (draft.purpose === "" || (draft.state === "granted" && draft.purpose === EVERY))
    return "Choose a purpose.";
  if (draft.state === "granted" && draft.evidence.trim() === "") return "A grant takes evidence.";
  if (draft.said !== "" && at === null) return "Give a date and time that there was.";
  return undefined;
}

/** The request; null while something is missing. What was left empty is left out. */
export function requestOf(
  draft: Draft,
  at: number | null,
  reason: string,
): Schemas["ConsentRequest"] | null {
  if (draft.state === undefined || missingOf(draft, at) !== undefined) return null;
  const evidence = draft.evidence.trim();
  const version = draft.version.trim();
  return {
    purpose: draft.purpose,
    state: draft.state,
    reason,
    ...(evidence !== "" && { evidence }),
    ...(version !== "" && { version }),
    ...(draft.said !== "" && at !== null && { stated_at: new Date(at).toISOString() }),
  };
}
