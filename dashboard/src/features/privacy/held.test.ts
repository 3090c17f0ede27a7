// What the page says that the API has, it has.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HELD, waitingWords } from "./held";

test.each(HELD)("$path is an endpoint that reads", ({ path }) => {
  const text = readFileSync(join(import.meta.dirname, "../../../openapi.json"), "utf8");
  const { paths } = JSON.parse(text) as { paths: Record<string, object> };
  expect(Object.keys(paths[path] ?? {})).toContain("get");
});

test.each([
  [0, true, "No removal waits for a platform now."],
  [0, false, "No removal waits for a platform in the audiences read so far."],
  [1, true, "1 removal waits until the platform confirms."],
  [3, false, "At least 3 removals wait until the platform confirms."],
])("%d removals of a list that is whole: %s", (leaving, isWhole, words) => {
  expect(waitingWords(leaving, isWhole)).toBe(words);
});
