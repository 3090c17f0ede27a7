// A dead letter's record line by line, with the place that was refused marked.
import { maskPayload } from "@/lib/payload";

/** One line of a record. */
export interface Line {
  readonly depth: number;
  readonly text: string;
  readonly isMarked: boolean;
}

/** A record to be shown. */
export interface Marked {
  readonly lines: readonly Line[];
  /** What is to be said of the place; null where the marked lines say it. */
  readonly note: string | null;
  /** False where it is no JSON, and so nothing in it can be masked. */
  readonly isReadable: boolean;
}

type Path = readonly (string | number)[];

const MOST = 2_000;
const DEEPEST = 100;

/** The steps of "$.properties.items[2].price"; null for anything else. */
export function pathOf(detail: string): Path | null {
  if (/^[a-z_]+$/.test(detail)) return [detail];
  if (!/^\$((\.[^.[\]]+)|(\[(\d+|\.\.\.)\]))+$/.test(detail)) return null;
  const steps: (string | number)[] = [];
  for (const [, name, place] of detail.matchAll(/\.([^.[\]]+)|\[(\d+|\.\.\.)\]/g)) {
    if (place === "...") return steps; // somewhere below: the names of members are personal
    steps.push(name ?? Number(place));
  }
  return steps;
}

/** The lines of a record; `detail` says where it was refused. */
export function markedRecord(
  payload: string,
  detail: string,
  isMasked: boolean,
  kinds: readonly string[],
): Marked {
  let record: unknown;
  try {
    record = JSON.parse(payload);
  } catch {
    const lines = payload.split("\n", MOST);
    return {
      lines: lines.map((text) => ({ depth: 0, text, isMarked: false })),
      note: "The record is not valid JSON.",
      isReadable: false,
    };
  }
  const steps = pathOf(detail);
  const target = steps === null ? null : [...baseOf(record, detail), ...steps];
  const found = target === null ? 0 : depthOf(record, target);
  const lines: Line[] = [];
  write(
    lines,
    isMasked ? maskPayload(record, kinds) : record,
    "",
    "",
    [],
    target?.slice(0, found) ?? null,
  );
  const missing = target?.[found];
  return {
    lines,
    note: missing === undefined ? null : `“${missing}” is missing in what is marked.`,
    isReadable: true,
  };
}

/** Details of events are paths within the envelope's event. */
function baseOf(record: unknown, detail: string): Path {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, "stratum")) return [];
  return detail.startsWith("$") && !detail.startsWith("$.command") && Object.hasOwn(record, "event")
    ? ["event"]
    : [];
}

function depthOf(record: unknown, path: Path): number {
  let value = record;
  for (const [depth, step] of path.entries()) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return depth;
    value = (value as Record<string | number, unknown>)[step];
  }
  return path.length;
}

function write(
  lines: Line[],
  value: unknown,
  before: string,
  after: string,
  path: Path,
  target: Path | null,
): void {
  if (lines.length >= MOST) return;
  // The whole record is no place: a missing member of it is said in words.
  const isMarked =
    target !== null &&
    target.length > 0 &&
    path.length >= target.length &&
    target.every((step, depth) => String(path[depth]) === String(step));
  const add = (text: string) => lines.push({ depth: path.length, text, isMarked });
  const isList = Array.isArray(value);
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0 || path.length > DEEPEST) {
    add(`${before}${JSON.stringify(entries.length === 0 ? value : "…")}${after}`);
    return;
  }
  add(`${before}${isList ? "[" : "{"}`);
  for (const [place, [name, each]] of entries.entries()) {
    const comma = place < entries.length - 1 ? "," : "";
    const own = isList ? "" : `${JSON.stringify(name)}: `;
    write(lines, each, own, comma, [...path, name], target);
  }
  add(`${isList ? "]" : "}"}${after}`);
}
