// Who may import whom, and what no file may do; checked over the text of every source.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname);

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name) && !name.endsWith(".d.ts")) yield path;
  }
}

/** The rooms that each room may import, itself aside. */
const MAY: Record<string, readonly string[]> = {
  lib: [],
  rule: ["lib"],
  identity: ["lib"],
  chart: ["lib"],
  ui: ["lib", "chart"],
  api: ["lib"],
  features: [
    "lib",
    "rule",
    "identity",
    "chart",
    "ui",
    "api",
    "why",
    "timelines",
    "trust",
    "rule-ui",
    "lookup",
  ],
  lookup: ["lib", "ui", "api"],
  timelines: ["lib", "chart", "ui", "api"],
  why: ["lib", "rule", "ui", "api"],
  "rule-ui": ["lib", "rule", "ui", "api"],
  trust: ["lib", "ui", "api"],
  views: ["lib", "ui", "features", "why"],
  routes: ["lib", "features", "views"],
  ".": ["routes", "lib", "api", "ui", "features", "views", "style"],
};
/** Types only: what the API's things look like. */
const SCHEMAS = new Set(["api/schemas", "api/schema"]);

const files = [...sources(ROOT)].map((path) => ({
  path: relative(ROOT, path),
  text: readFileSync(path, "utf8"),
}));
const room = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? ".") : ".");

function imports(path: string, text: string): { target: string; isType: boolean }[] {
  const found = text.matchAll(/import\s+(type\s+)?[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g);
  return [...found].flatMap(([, type, from, lazy]) => {
    const name = from ?? lazy ?? "";
    const isType = type !== undefined;
    if (name.startsWith("@/")) return [{ target: name.slice(2), isType }];
    if (name.startsWith("."))
      return [{ target: relative(ROOT, resolve(ROOT, dirname(path), name)), isType }];
    return [];
  });
}

describe("imports", () => {
  test.each(files.filter(({ path }) => !path.endsWith(".test.ts")))(
    "of $path",
    ({ path, text }) => {
      const own = room(path);
      const refused = imports(path, text).filter(({ target, isType }) => {
        const theirs = room(target);
        if (isType && SCHEMAS.has(target)) return false;
        if (own === "features" && theirs === "features")
          return path.split("/")[1] !== target.split("/")[1];
        return theirs !== own && !(MAY[own] ?? []).includes(theirs);
      });
      expect(refused).toEqual([]);
    },
  );
});

describe("sources", () => {
  const written = files.filter(({ path }) => !path.endsWith(".test.ts"));
  test("begin with what they are", () => {
    expect(written.filter(({ text }) => !text.startsWith("// ")).map(({ path }) => path)).toEqual(
      [],
    );
  });
  test("have at most 200 lines", () => {
    const long = written.filter(({ text }) => text.split("\n").length > 201);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
  test("use effects in api, ui and chart alone", () => {
    const other = written.filter(
      ({ path, text }) => /useEffect\(/.test(text) && !/^(api|ui|chart)\//.test(path),
    );
    expect(other.map(({ path }) => path)).toEqual([]);
  });
  test("fade nothing that may hold a word", () => {
    const fading = written.filter(({ text }) => /opacity-\d|<text[^>]*\sopacity/.test(text));
    expect(fading.map(({ path }) => path)).toEqual([]);
  });
  test("set no HTML as text and evaluate nothing", () => {
    const risky = written.filter(({ text }) =>
      /dangerouslySetInnerHTML|eval\(|innerHTML/.test(text),
    );
    expect(risky.map(({ path }) => path)).toEqual([]);
  });
});
