// Errors of the API find the fields that they are about.
import { expect, test } from "vitest";
import { Problem } from "@/lib/problem";
import { refusedFields, shownOfFilter, unshown } from "./problems";

const refused = (field: string, message: string) =>
  refusedFields(new Problem(422, "invalid", "See errors.", [{ field, message }]));

test.each([
  ["body.steps.1.name", ["steps", 1, "name"]],
  ["body.steps.1.where.0.condition.equals.value", ["steps", 1, "where", 0, "condition", "value"]],
  ["body.steps.1.where.0.condition", ["steps", 1, "where", 0, "condition"]],
  ["$.event.where[0].property", ["event", "where", 0, "property"]],
  ["body", []],
])("%s", (field, path) => {
  expect(refused(field, "No.")).toEqual([{ node: [], rest: path, message: "No." }]);
});

test("a check of a filter says where within it", () => {
  const [found] = refused("body.steps.1", "Value error, where[0].condition: It moves.");
  expect(found?.rest).toEqual(["steps", 1, "where", 0, "condition"]);
  expect(found?.message).toBe("It moves.");
});

test("what no input shows is left for the whole", () => {
  const problems = [
    ...refused("body.steps.0.name", "Too long."),
    ...refused("body.steps.0.where.2.condition.at_least.value", "Too large."),
    ...refused("body.steps.0.event_type", "None."),
    ...refused("body.steps.0.where.2.condition", "Unknown."),
  ];
  const left = unshown(problems, shownOfFilter(problems, ["steps", 0]));
  expect(left.map(({ message }) => message)).toEqual(["None.", "Unknown."]);
});

test("an answer without errors has none", () => {
  expect(refusedFields(null)).toEqual([]);
  expect(refusedFields(new Problem(0, "unreachable", "Away."))).toEqual([]);
});
