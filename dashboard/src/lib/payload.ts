// Records as clients sent them: any JSON. Which values in them are identifiers, and whose they are.
import { mask } from "./mask";

/** Names of members that hold an identifier, spelled without marks and in small letters. */
const OWN: readonly string[] = [
  "userid",
  "anonymousid",
  "previousid",
  "groupid",
  "email",
  "phone",
  "ip",
  "advertisingid",
  "idfa",
  "idfv",
  "gaid",
  "token",
  "externalids",
];
const LOOKS_LIKE_ONE = /^[^\s@]+@[^\s@]+\.[^\s@]+$|^\+\d[\d\s()/.-]{5,}$/;
const DEEPEST = 64;

function spelled(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/**
 * The same record with every identifier masked: members that are named after a kind, whatever lies
 * in them, and texts that look like an address or a phone number wherever they stand.
 */
export function maskPayload(value: unknown, kinds: readonly string[] = []): unknown {
  return masked(value, new Set([...OWN, ...kinds.map(spelled)]), false, DEEPEST);
}

function masked(
  value: unknown,
  names: ReadonlySet<string>,
  isIdentifier: boolean,
  left: number,
): unknown {
  if (typeof value === "string")
    return isIdentifier || LOOKS_LIKE_ONE.test(value.trim()) ? mask(value) : value;
  if (typeof value === "number") return isIdentifier ? mask(String(value)) : value;
  if (typeof value !== "object" || value === null) return value;
  if (left === 0) return "…";
  if (Array.isArray(value)) return value.map((each) => masked(each, names, isIdentifier, left - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      LOOKS_LIKE_ONE.test(name.trim()) ? mask(name) : name,
      masked(each, names, isIdentifier || names.has(spelled(name)), left - 1),
    ]),
  );
}

/** What a record says of whose it is: an e-mail address, else an id; null where it says none. */
export function whoseOf(record: unknown): string | null {
  for (const path of WHOSE) {
    let value: unknown = record;
    for (const name of path) value = memberOf(value, name);
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return null;
}

const WHOSE: readonly (readonly string[])[] = [
  ["traits", "email"],
  ["context", "traits", "email"],
  ["properties", "email"],
  ["userId"],
  ["anonymousId"],
];

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
