// Search parameters of addresses: read forgivingly, written sparingly.

type Search = Record<string, unknown>;

/** The form of a profile's id. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A text parameter, undefined where it is absent, empty or not a text. Numbers count as text. */
export function textOf(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** A whole number ≥ 0, undefined for anything else. */
export function wholeOf(search: Search, name: string): number | undefined {
  const value = search[name];
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

/** One of some words, undefined for anything else. */
export function oneOf<const Word extends string>(
  search: Search,
  name: string,
  words: readonly Word[],
): Word | undefined {
  return words.find((word) => word === search[name]);
}

/** Texts of a repeatable parameter; an empty list where there is none. */
export function textsOf(search: Search, name: string): string[] {
  const value = search[name];
  const list: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((item): item is string => typeof item === "string" && item !== "");
}

/** Read an address's query: every value a text, several of a name a list. */
export function parseSearch(query: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = found[name];
    if (earlier === undefined) found[name] = value;
    else found[name] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value];
  }
  return found;
}

/** Write an address's query in the order of its names; what is undefined, empty or false is left out. */
export function formatSearch(search: Search): string {
  const query = new URLSearchParams();
  for (const name of Object.keys(search).sort()) {
    const value = search[name];
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null && item !== "" && item !== false)
        query.append(name, String(item));
    }
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
