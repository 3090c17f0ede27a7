// Words of the register, and what may be pressed.
import { expect, test } from "vitest";
import {
  countWords,
  dueOf,
  hasWords,
  isTyped,
  kindOf,
  lookOf,
  outcomeWords,
  stepWords,
} from "./words";

const NOW = Date.parse("2026-03-10T00:00:00Z");

test("a kind that is not known is shown as it is called", () => {
  expect(kindOf({})).toBe("erasure");
  expect(kindOf({ kind: "access" })).toBe("access");
  expect(kindOf({ kind: "right_to_object" })).toBe("right to object");
});

test("a status that is not known never looks done", () => {
  expect(lookOf("completed").icon).toBe("check");
  expect(lookOf("whatever")).toMatchObject({ icon: "ring", colour: "text-unknown" });
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
});

test("steps, outcomes and counts have words, known or not", () => {
  expect(stepWords("cache")).toContain("profile cache");
  expect(stepWords("new_step")).toBe("new step");
  expect(outcomeWords(null)).toBe("waits for the platform");
  expect(outcomeWords("list_deleted")).toContain("deleted");
  expect(countWords({ events: 1_200, links: 0, dead_letters: 2 })).toBe(
    "1,200 events, 2 dead letters",
  );
});

test("the data map is filtered by words in any place of a row", () => {
  const place = {
    store: "postgres",
    name: "identifiers",
    columns: ["kind", "value"],
    what: "an identifier in clear",
    why: "people are recognised by it",
    personal: "value",
    kept: "until erased",
    leaves: "engine",
    access: "identifiers",
    withheld: "",
  } as const;
  expect(hasWords({ ...place, columns: [...place.columns] }, "Postgres clear")).toBe(true);
  expect(hasWords({ ...place, columns: [...place.columns] }, "postgres kafka")).toBe(false);
  expect(hasWords({ ...place, columns: [...place.columns] }, "")).toBe(true);
});
