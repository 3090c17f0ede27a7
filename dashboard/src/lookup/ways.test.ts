// As what a typed text is looked up.
import { expect, test } from "vitest";
import { PROFILE_ID, triedWords, waysOf } from "./ways";

const KINDS = ["user_id", "email", "phone", "device_id", "anonymous_id", "crm"];
const ID = "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11";

test.each([
  ["Mary@Example.com ", ["email", "user_id", "phone", "device_id", "anonymous_id", "crm"]],
  ["+49 151 123456", ["phone", "user_id", "email", "device_id", "anonymous_id", "crm"]],
  ["zzz:7", ["user_id", "anonymous_id", "email", "phone", "device_id", "crm"]],
  [ID, [PROFILE_ID, "user_id", "anonymous_id", "email", "phone", "device_id", "crm"]],
  ["  ", []],
])("%j is tried as every kind, likeliest first", (text, kinds) => {
  const ways = waysOf(text, KINDS);
  expect(ways.map(({ kind }) => kind)).toEqual(kinds);
  expect(ways.every(({ value }) => value === text.trim())).toBe(true);
});

test("a kind that is named is the only one", () => {
  expect(waysOf(`anonymous_id: ${ID}`, KINDS)).toEqual([{ kind: "anonymous_id", value: ID }]);
});

test.each([
  [["email"], "email"],
  [["email", "phone", "crm"], "email, phone and crm"],
])("%j were tried", (tried, words) => {
  expect(triedWords(tried)).toBe(words);
});
