// What a list that is looked at shows of what comes meanwhile.
import { expect, test } from "vitest";
import { heldBack, isSame } from "./held";

const rows = (...ids: number[]) => ids.map((id) => ({ id }));
const keyOf = ({ id }: { readonly id: number }) => id;
const held = (seen: number[], ...ids: number[]) => {
  const { shown, ...rest } = heldBack(rows(...ids), keyOf, seen);
  return { ...rest, shown: shown.map(keyOf) };
};

test("new rows wait, wherever among what is seen they would come", () => {
  expect(held([3, 2, 1], 5, 4, 3, 2, 1)).toEqual({ shown: [3, 2, 1], waiting: 2, isMoved: false });
  expect(held([3, 2, 1], 3, 9, 2, 1)).toEqual({ shown: [3, 2, 1], waiting: 1, isMoved: false });
});

test("what follows below moves nothing and is shown", () => {
  expect(held([3, 2], 4, 3, 2, 1, 0)).toEqual({ shown: [3, 2, 1, 0], waiting: 1, isMoved: false });
});

test("another order waits, too", () => {
  expect(held([1, 2, 3], 2, 1, 3)).toEqual({ shown: [1, 2, 3], waiting: 0, isMoved: true });
});

test("rows that are gone are not shown, and what fell off the end moves nothing", () => {
  expect(held([3, 2, 1], 3, 1)).toEqual({ shown: [3, 1], waiting: 0, isMoved: false });
  expect(held([3, 2, 1], 4, 3, 2)).toEqual({ shown: [3, 2], waiting: 1, isMoved: false });
});

test("a list of which nothing was seen is shown whole", () => {
  expect(held([], 2, 1)).toEqual({ shown: [2, 1], waiting: 0, isMoved: false });
  expect(held([9, 8], 2, 1)).toEqual({ shown: [2, 1], waiting: 0, isMoved: false });
});

test("rows show what they are now, in the order in which they were seen", () => {
  const now = [
    { id: 2, is: "new" },
    { id: 1, is: "held" },
    { id: 0, is: "passed" },
  ];
  expect(heldBack(now, ({ id }) => id, [1, 0]).shown).toEqual([now[1], now[2]]);
});

test("orders are compared place by place", () => {
  expect([isSame([1, 2], [1, 2]), isSame([1, 2], [2, 1]), isSame([1], [1, 2])]).toEqual([
    true,
    false,
    false,
  ]);
});
