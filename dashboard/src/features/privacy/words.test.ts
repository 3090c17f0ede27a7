// Words of the register, and what may be pressed.
import { expect, test } from "vitest";
import { hasWords, toldWords } from "./places";
import { isUnderWay, lookOf, statusesOf } from "./statuses";
import {
  auditRange,
  countWords,
  dueOf,
  isTyped,
  outcomeWords,
  reasonWords,
  stepWords,
  subjectOf,
} from "./words";

const NOW = Date.parse("2026-03-10T00:00:00Z");

test("a status says of an access request what it means there", () => {
  expect(lookOf("erasure", "processing").means).toContain("The person is removed");
  expect(lookOf("access", "processing").means).toContain("being written");
  expect(lookOf("access", "requested").means).not.toContain("erase");
  expect(statusesOf("access")).toEqual([
    "requested",
    "processing",
    "completed",
    "ready",
    "expired",
    "failed",
  ]);
});

test("a status that is not known never looks done", () => {
  expect(lookOf("erasure", "completed").icon).toBe("check");
  for (const [kind, status] of [
    ["erasure", "whatever"],
    ["access", "not_sent"],
    ["restriction", "processing"],
    ["right_to_object", "completed"],
  ] as const)
    expect(lookOf(kind, status)).toMatchObject({ icon: "ring", colour: "text-unknown" });
});

test("what is finished is not read again and again", () => {
  expect(["not_sent", "requested", "processing"].every(isUnderWay)).toBe(true);
  expect(["completed", "ready", "expired", "failed", "whatever"].some(isUnderWay)).toBe(false);
});

test.each([
  [true, "2026-03-09T00:00:00Z", null, "overdue"],
  [false, "2026-03-14T00:00:00Z", null, "soon"],
  [false, "2026-03-16T00:00:00Z", null, "in time"],
  [false, "2026-03-01T00:00:00Z", "2026-02-20T00:00:00Z", null],
])("overdue %s, due %s, completed %s: %s", (overdue, due_at, completed_at, said) => {
  expect(dueOf({ overdue, due_at, completed_at }, NOW)).toBe(said);
});

test("the masked identifier is typed as it is shown, with dots or an ellipsis", () => {
  expect(isTyped("m…@e…", "m…@e…")).toBe(true);
  expect(isTyped(" m...@e... ", "m…@e…")).toBe(true);
  expect(isTyped("m…@f…", "m…@e…")).toBe(false);
  expect(isTyped("", "m…@e…")).toBe(false);
  expect(isTyped("", "")).toBe(false);
});

test("steps, outcomes and counts have words, known or not", () => {
  expect(stepWords("cache")).toContain("profile cache");
  expect(stepWords("new_step")).toBe("new step");
  expect(outcomeWords(null)).toBe("waits for the platform");
  expect(outcomeWords("list_deleted")).toContain("deleted");
  expect(reasonWords("parted")).toContain("Several people");
  expect(reasonWords("new_reason")).toBe("new reason");
  expect(countWords({ events: 1_200, links: 0, dead_letters: 2 })).toBe(
    "1,200 events, 2 dead letters",
  );
});

const PLACE = {
  store: "postgres",
  name: "identifiers",
  columns: ["kind", "value"],
  what: "an identifier",
  why: "people are recognised by it",
  personal: "value",
  kept: "until `erased`",
  leaves: "engine",
  access: "identifiers",
  withheld: "",
} as const;

test("the data map is filtered by words that are shown", () => {
  const has = (filter: string, more = {}) =>
    hasWords({ ...PLACE, columns: [...PLACE.columns], ...more }, filter);
  expect(has("Postgres in clear")).toBe(true);
  expect(has("with the person")).toBe(true);
  expect(has("until erased")).toBe(true);
  expect(has("postgres kafka")).toBe(false);
  expect(has("")).toBe(true);
  expect(has("retention", { leaves: "retention" })).toBe(false);
  expect(has("age alone", { leaves: "retention" })).toBe(true);
});

test("a place says which section tells it, or why none does", () => {
  const told = (more: object) => toldWords({ ...PLACE, columns: [...PLACE.columns], ...more });
  expect(told({})).toBe("in the section identifiers");
  expect(told({ access: "", withheld: "a copy" })).toBe("not told: a copy");
  expect(told({ access: "", personal: "none" })).toBe("nothing to tell");
});

test("entries of a request are looked for from its begin to the end of what it left", () => {
  const asked = "2026-03-01T00:00:00Z";
  const archive = {
    reason: null,
    sections: {},
    rows: 0,
    size_bytes: 1,
    started_at: asked,
    finished_at: asked,
    expires_at: "2026-03-08T00:00:00Z",
  };
  const range = (completed_at: string | null, of: typeof archive | null) =>
    auditRange({ requested_at: asked, completed_at, archive: of });
  expect(range("2026-03-02T00:00:00Z", null)).toEqual({
    since: "2026-02-28T23:59:00.000Z",
    until: "2026-03-02T00:01:00.000Z",
  });
  expect(range("2026-03-01T00:00:00Z", archive).until).toBe("2026-03-08T00:01:00.000Z");
  expect(range(null, null).until).toBe("2027-03-02T00:00:00.000Z");
  expect(subjectOf({ kind: "access", command: "c" })).toBe("access:c");
  expect(subjectOf({ kind: "erasure", command: "c" })).toBe("erasure:c");
  expect(subjectOf({ kind: "retention", command: "c" })).toBe("erasure:c");
});
