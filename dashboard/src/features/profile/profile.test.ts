// What is read from an address, and what a typed text may be.
import { expect, test } from "vitest";
import { readProfileSearch } from "./address";
import { spellingsOf } from "@/lib/spelling";

const KINDS = ["user_id", "email", "phone", "device_id", "anonymous_id", "crm"];

test.each([
  ["Mary@Example.com ", [{ kind: "email", value: "Mary@Example.com" }]],
  ["+49 (151) 123-456", ["phone", "user_id"].map((kind) => ({ kind, value: "+49 (151) 123-456" }))],
  ["crm:a:7", [{ kind: "crm", value: "a:7" }]],
  ["zzz:7", ["user_id", "anonymous_id"].map((kind) => ({ kind, value: "zzz:7" }))],
  ["  ", []],
])("%j may be", (text, expected) => {
  expect(spellingsOf(text, KINDS)).toEqual(expected);
});

test("kinds that the workspace does not know are not asked for", () => {
  expect(spellingsOf("mary@example.com", ["user_id"])).toEqual([]);
});

test("parameters that make no sense are left out", () => {
  const read = readProfileSearch({
    stage: "lost",
    segment: "-1",
    open: "../../keys",
    tab: "raw",
    since: "yesterday",
    seen: "toString",
  });
  expect(Object.values(read).filter((value) => value !== undefined)).toEqual([]);
});

test("parameters that make sense are kept", () => {
  const read = readProfileSearch({
    stage: "known",
    segment: "4",
    why: 0,
    until: "2026-03-01T00:00Z",
  });
  expect(read).toMatchObject({
    stage: "known",
    segment: 4,
    why: 0,
    until: "2026-03-01T00:00:00.000Z",
  });
});
