// What the API says of a definition, by the field that it is about.
import type { Problem as Refusal } from "@/lib/problem";
import { isIn, OPERATOR_FIELDS } from "@/rule/language";
import { type Path, parsePath, startsWith } from "@/rule/path";
import type { Problem } from "@/rule/problems";

/** The errors of an answer with the path of each, `body.steps.1.name` as well as `$.event.name`. */
export function refusedFields(refusal: Refusal | null): Problem[] {
  return (refusal?.errors ?? []).map(({ field, message }) => {
    const { path, text } = within(message);
    return { node: [], rest: [...placeOf(field), ...path], message: text };
  });
}

/** Those about something that none of these fields shows. */
export function unshown(problems: readonly Problem[], shown: readonly Path[]): Problem[] {
  return problems.filter(({ rest }) => !shown.some((field) => startsWith(rest, field)));
}

/** The places in an event's conditions that inputs show, of those that problems are about. */
export function shownOfFilter(problems: readonly Problem[], at: Path): Path[] {
  const rows = [...new Set(problems.map(({ rest }) => rest[at.length + 1]))];
  return [
    [...at, "name"],
    ...rows.flatMap((row) => (typeof row === "number" ? shownOfRow([...at, "where", row]) : [])),
  ];
}

function shownOfRow(at: Path): Path[] {
  const parts = ["op", "value", "values", "low", "high", "instant", "span"];
  return [[...at, "property"], ...parts.map((part) => [...at, "condition", part])];
}

function placeOf(field: string): Path {
  const path = parsePath(field);
  if (path !== null) return path;
  const parts = field.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const own = parts[0] === "body" ? parts.slice(1) : parts;
  // Below a condition stands the operator that tells its kind.
  return own.filter(
    (part, index) => own[index - 1] !== "condition" || !isIn(OPERATOR_FIELDS, part),
  );
}

/** A message of a filter's check begins with its place within: `where[0].condition: …`. */
function within(message: string): { path: Path; text: string } {
  const plain = message.replace(/^Value error, /, "");
  const [, place = "", text = plain] = /^(where\[\d+\][\w.[\]]*): (.+)$/s.exec(plain) ?? [];
  return { path: place === "" ? [] : (parsePath(`$.${place}`) ?? []), text };
}
