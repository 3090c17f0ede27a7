import { expect, test } from "vitest";
import { oneLine } from "./oneLine";

test("line breaks and blanks become one blank", () => {
  expect(oneLine(" first\n\tsecond\r\n third\u2028fourth ")).toBe("first second third fourth");
});

test("a text of one line stays as it is", () => {
  expect(oneLine("The list was cleaned up.")).toBe("The list was cleaned up.");
});
