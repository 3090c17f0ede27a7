// What a message of the live feed makes stale, and what has a pace of its own.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { changesAtHead, CHANGES_AT_HEAD, createQueries, KEPT, readFrom } from "./queries";

test("everything below a path is stale, but for what is excepted", () => {
  const queries = createQueries();
  const paths = [
    "/cdp/statistics",
    "/cdp/statistics/segments",
    "/cdp/statistics/hours",
    "/cdp/lag",
  ];
  for (const path of paths) queries.setQueryData(["get", path, {}], {});
  queries.setQueryData(["get", "/cdp/statistics/rfm", {}, KEPT], {});
  queries.setQueryData(["post", "/cdp/statistics/any", {}], {});
  const isStale = readFrom(["/cdp/statistics"], ["/cdp/statistics/hours"]);
  const stale = queries.getQueryCache().findAll({ predicate: isStale });
  expect(stale.map(({ queryKey }) => queryKey[1])).toEqual([
    "/cdp/statistics",
    "/cdp/statistics/segments",
  ]);
});

test("what is renewed at its head is listed newest first, as the API's document says", () => {
  const document = JSON.parse(
    readFileSync(resolve(import.meta.dirname, "../../openapi.json"), "utf8"),
  ) as { paths: Record<string, { get?: { description?: string } }> };
  for (const path of CHANGES_AT_HEAD)
    expect(document.paths[path]?.get?.description, path).toMatch(/newest first/i);
  const listed = "/cdp/audience-sync/audiences";
  expect(document.paths[listed]?.get?.description).toMatch(/order they were created/);
  expect(changesAtHead(listed)).toBe(false);
});
