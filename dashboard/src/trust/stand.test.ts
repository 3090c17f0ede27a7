// The word of a platform: what is not known yet is not called unchecked.
import { expect, test } from "vitest";
import type { Schemas } from "@/api/schemas";
import { standOf } from "./stand";

const platform: Schemas["PlatformView"] = {
  platform: "meta",
  connected: true,
  account_id: "1",
  purpose: "advertising",
  identifiers: ["email"],
  max_rows: 10_000,
  shortest_interval_s: 3_600,
  longest_interval_s: 604_800,
};
const connection: Schemas["ConnectionView"] = {
  platform: "meta",
  status: "connected",
  account_id: "1",
  checked_at: "2026-03-01T09:30:00Z",
  result: "ok",
  advice: null,
};

test.each([
  ["loading", { word: "being looked up…", look: "unknown" }],
  ["failed", { word: "not known now", look: "unknown" }],
  [[], { word: "not checked yet", look: "unknown" }],
  [[{ ...connection, result: null }], { word: "not checked yet", look: "unknown" }],
  [[connection], { word: "connected", look: "well" }],
  [[{ ...connection, result: "token_expired" }], { word: "token expired", look: "wrong" }],
  [[{ ...connection, status: "disconnected" as const }], { word: "disconnected", look: "wrong" }],
] as const)("what is known is %j", (known, stand) => {
  expect(standOf(platform, known)).toEqual(stand);
});

test("what is not configured needs no look at its connection", () => {
  expect(standOf({ ...platform, connected: false }, [connection]).word).toBe("not configured");
});
