import { expect, test } from "vitest";
import { Problem } from "@/lib/problem";
import { progressOf } from "./progress";

const answered = { data: [], isPlaceholderData: false, error: null };
const waiting = { ...answered, data: undefined };
const earlier = { ...answered, isPlaceholderData: true };
const problem = new Problem(503, "unavailable", "not now");

test("nothing was looked at while the requests are for another text", () => {
  expect(progressOf("reg", "re", [answered]).isLooking).toBe(true);
});

test.each([
  ["has not answered", waiting],
  ["shows the answer to an earlier text", earlier],
])("it is still being looked while a request %s", (_state, request) => {
  expect(progressOf("reg", "reg", [answered, request])).toEqual({ isLooking: true, problem: null });
});

test("all was looked at once every request has answered, also with nothing", () => {
  expect(progressOf("reg", "reg", [answered])).toEqual({ isLooking: false, problem: null });
});

test("a request that failed is not awaited, and says why", () => {
  const failed = { ...waiting, error: problem };
  expect(progressOf("reg", "reg", [answered, failed])).toEqual({ isLooking: false, problem });
  expect(progressOf("reg", "reg", [waiting, failed])).toEqual({ isLooking: true, problem });
  const renewed = { ...answered, error: problem };
  expect(progressOf("reg", "reg", [renewed]).problem).toBeNull();
});
