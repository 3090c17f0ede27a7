// What is said where no request was answered: never more than is known.
import { expect, test } from "vitest";
import { isLost, isUnsettled, LOST_WORDS, refusedWords } from "./refused";

const LOST = { status: 0, code: "unreachable", message: "The server cannot be reached." };
const REFUSED = { status: 409, code: "conflict", message: "Preview again." };
const NOT_SENT = { status: 503, code: "log_unavailable", message: "Not confirmed." };

test.each([
  [LOST, { open_request: 7 }, "Request 7 asks for this erasure already"],
  [LOST, { open_request: null }, "it did not arrive, or is carried out"],
  [LOST, undefined, "It cannot be read now"],
  [REFUSED, { open_request: 7 }, "This press asked for nothing: request 7 already does."],
  [REFUSED, { open_request: null }, "other identifiers than the preview showed"],
  [REFUSED, undefined, "This press asked for nothing: Preview again."],
  [NOT_SENT, { open_request: 7 }, "press “Send again”"],
])("%j, then %j: %s", (problem, again, words) => {
  expect(refusedWords(problem, again)).toContain(words);
  expect(refusedWords(problem, again)).not.toMatch(/nothing was erased/i);
});

test("what was refused for good asks for no second look", () => {
  expect([0, 409, 500, 502, 503].every((status) => isUnsettled({ status }))).toBe(true);
  expect([403, 404, 422, 429].some((status) => isUnsettled({ status }))).toBe(false);
});

test("a lost answer says neither that something was asked for nor that nothing was", () => {
  expect([0, 500, 503].every((status) => isLost({ status }))).toBe(true);
  expect([403, 404, 409, 422].some((status) => isLost({ status }))).toBe(false);
  expect(LOST_WORDS).toContain("is not known");
});
