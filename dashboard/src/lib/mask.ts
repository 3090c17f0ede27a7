// Identifiers as they are shown until somebody asks for the values.

/** Mask an identifier's value so that two different ones can still be told apart by eye. */
export function mask(value: string): string {
  const at = value.indexOf("@");
  if (at > 0) return `${first(value)}…@${first(value.slice(at + 1))}…`;
  const letters = Array.from(value);
  if (letters.length <= 4) return `${first(value)}…`;
  return `${letters.slice(0, 2).join("")}…${letters.slice(-2).join("")}`;
}

const LONGEST_FIGURE = 6;

/**
 * Mask every text inside a JSON value, and numbers that are long enough for a phone or an id.
 *
 * Names of properties, short numbers and booleans stay.
 */
export function maskJson(value: unknown): unknown {
  if (typeof value === "string") return value === "" ? "" : mask(value);
  if (typeof value === "number") {
    const figures = String(value).replace(/\D/g, "");
    return figures.length > LONGEST_FIGURE ? mask(figures) : value;
  }
  if (Array.isArray(value)) return value.map(maskJson);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, maskJson(each)]));
  return value;
}

function first(text: string): string {
  return Array.from(text)[0] ?? "";
}
