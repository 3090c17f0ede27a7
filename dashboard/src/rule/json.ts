// JSON texts with the place of everything in them: errors have a line, and so have paths.
import { type Path, spell } from "./path";

export type JsonFault = { message: string; offset: number };
export type Parsed = { value: unknown; places: ReadonlyMap<string, number> };

class Fault extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const DEPTH = 500;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- control characters are what JSON forbids in texts
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * Like `JSON.parse`, but it refuses what that would lose silently: a key that stands twice and a
 * whole number that a browser rounds.
 *
 * The result's `places` say at which offset the value of each path begins.
 */
export function parseJson(text: string): Parsed | JsonFault {
  const places = new Map<string, number>();
  try {
    const reader = new Reader(text, places);
    const value = reader.value([]);
    reader.end();
    return { value, places };
  } catch (error) {
    if (error instanceof Fault) return { message: error.message, offset: error.offset };
    throw error;
  }
}

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly places: Map<string, number>,
  ) {}

  value(path: Path): unknown {
    this.token(SPACE);
    if (path.length > DEPTH) throw new Fault("This is nested too deep.", this.at);
    this.places.set(spell(path), this.at);
    const sign = this.text[this.at];
    if (sign === "{") return this.object(path);
    if (sign === "[") return this.list(path);
    if (sign === '"') return this.string();
    const word = this.token(WORD);
    if (word !== "") return word === "null" ? null : word === "true";
    return this.number();
  }

  end(): void {
    this.token(SPACE);
    if (this.at < this.text.length) throw new Fault("The text goes on after its end.", this.at);
  }

  private object(path: Path): unknown {
    const entries: [string, unknown][] = [];
    const seen = new Set<string>();
    this.members("}", () => {
      const start = this.at;
      const key = this.string();
      if (seen.has(key)) throw new Fault(`“${key}” stands here twice.`, start);
      seen.add(key);
      this.token(SPACE);
      this.expect(":", "A colon is missing after the key.");
      entries.push([key, this.value([...path, key])]);
    });
    return Object.fromEntries(entries);
  }

  private list(path: Path): unknown {
    const items: unknown[] = [];
    this.members("]", () => items.push(this.value([...path, items.length])));
    return items;
  }

  private members(close: string, member: () => void): void {
    this.at += 1;
    this.token(SPACE);
    if (this.took(close)) return;
    for (;;) {
      this.token(SPACE);
      member();
      this.token(SPACE);
      if (this.took(close)) return;
      this.expect(",", `A comma or ${close} is missing here.`);
    }
  }

  private string(): string {
    const start = this.at;
    const found = this.token(STRING);
    if (found !== "") return JSON.parse(found) as string;
    const message =
      this.text[start] === '"'
        ? "This text does not end, or has a bad sign."
        : "A text in double quotes is needed here.";
    throw new Fault(message, start);
  }

  private number(): number {
    const start = this.at;
    const found = this.token(NUMBER);
    if (found === "") {
      const over = start >= this.text.length;
      throw new Fault(over ? "The text ends too early." : "A JSON value is needed here.", start);
    }
    const number = Number(found);
    if (!Number.isFinite(number)) throw new Fault("This number is too large.", start);
    if (/^-?\d+$/.test(found) && BigInt(found) !== BigInt(number)) {
      throw new Fault("A browser cannot hold this number exactly.", start);
    }
    return number;
  }

  private expect(sign: string, message: string): void {
    if (!this.took(sign)) throw new Fault(message, this.at);
  }

  private took(sign: string): boolean {
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private token(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }
}
