// Which kind of identifier a typed text may be, so that it can be looked up in any spelling.

/** An identifier as it can be looked up. */
export interface Spelled {
  readonly kind: string;
  readonly value: string;
}

const NAMED = /^([\w.-]+):(.+)$/s;
const PHONE = /^\+?[\d\s().\-/]{7,}$/;

/**
 * The identifiers that a text may be, likeliest first; only kinds that the workspace knows.
 *
 * "email:Mary@example.com" names its kind; whatever has an `@` is an e-mail address, digits are a
 * phone number or an id, anything else an id.
 */
export function spellingsOf(text: string, kinds: readonly string[]): Spelled[] {
  const value = text.trim();
  if (value === "") return [];
  const named = NAMED.exec(value);
  const kind = named?.[1] ?? "";
  if (named !== null && kinds.includes(kind)) return [{ kind, value: (named[2] ?? "").trim() }];
  const guesses = value.includes("@")
    ? ["email"]
    : PHONE.test(value)
      ? ["phone", "user_id"]
      : ["user_id", "anonymous_id"];
  return guesses.filter((each) => kinds.includes(each)).map((each) => ({ kind: each, value }));
}
