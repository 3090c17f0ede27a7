import { expect, test } from "vitest";
import { leftOut } from "./leftOut";

test("reasons are words, the most first", () => {
  expect(leftOut({ no_identifier: 3, no_consent: 1_200, "refused:bad_hash": 4 })).toBe(
    "1,200 without consent, 4 refused by the platform (bad hash), 3 without a usable identifier",
  );
  expect(leftOut({ something_new: 2 }, false)).toBe("≈ 2 something new");
  expect(leftOut({})).toBe("nobody");
});
