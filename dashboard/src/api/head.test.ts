// Taking what is new into the pages of a listing.
import { describe, expect, test } from "vitest";
import { withHead, withTail } from "./head";

const page = (from: number, to: number, next: string | null = "more") => ({
  items: Array.from({ length: from - to + 1 }, (_, index) => ({ id: from - index })),
  next,
});
const idsOf = (pages: readonly { items: readonly { id: number }[] }[] | null) =>
  pages?.map(({ items }) => items.map(({ id }) => id));

describe("a newest page", () => {
  const pages = [page(10, 8), page(7, 5), page(4, 2, null)];
  test("lets the first page grow, so that no row falls between two pages", () => {
    expect(idsOf(withHead(pages, page(12, 10)))).toEqual([
      [12, 11, 10, 9, 8],
      [7, 6, 5],
      [4, 3, 2],
    ]);
  });
  test("brings what changed of known rows, and leaves out those that are gone", () => {
    const head = { items: [{ id: 10, is: "changed" }, { id: 8 }], next: "more" };
    expect(withHead<{ items: { id: number }[]; next: string | null }>(pages, head)?.[0]).toEqual({
      items: [{ id: 10, is: "changed" }, { id: 8 }],
      next: "more",
    });
  });
  test("that does not reach what is known tells nothing of what lies between", () => {
    expect(withHead(pages, page(30, 28))).toBeNull();
  });
  test("of rows without ids, and of a list that ends with it, is no head", () => {
    expect(
      withHead([{ items: [{ at: 1 }], next: "more" }], { items: [{ at: 2 }], next: "x" }),
    ).toBe(null);
    expect(withHead(pages, page(11, 10, null))).toBeNull();
  });
});

describe("a row that came up from further down", () => {
  test("is in the list once: the pages are read again", () => {
    expect(withHead([page(10, 8), page(7, 5)], { ...page(10, 9), next: "x" })).not.toBeNull();
    const up = { items: [{ id: 6 }, { id: 10 }, { id: 9 }], next: "x" };
    expect(withHead([page(10, 8), page(7, 5)], up)).toBeNull();
    const near = { items: [{ id: 8 }, { id: 10 }, { id: 9 }], next: "x" };
    expect(withHead([page(10, 8), page(7, 5)], near)).toBeNull();
  });
});

describe("pages that were read again", () => {
  const before = [page(12, 8), page(7, 5, "below 5")];
  test("keep the rows below them, and where the list goes on", () => {
    const pages = withTail(before, [page(13, 11), page(10, 8, "below 8")]);
    expect(idsOf(pages)).toEqual([
      [13, 12, 11],
      [10, 9, 8, 7, 6, 5],
    ]);
    expect(pages.at(-1)?.next).toBe("below 5");
  });
  test("are all there is where the list ends with them", () => {
    const pages = [page(13, 11), page(10, 8, null)];
    expect(withTail(before, pages)).toBe(pages);
  });
  test("are left alone where they do not reach what was known, or reach further", () => {
    for (const pages of [
      [page(30, 28), page(27, 25)],
      [page(13, 9), page(8, 3)],
    ])
      expect(withTail(before, pages)).toBe(pages);
  });
  test("hold each row once, also one that came up", () => {
    const up = [{ items: [{ id: 6 }, { id: 13 }, { id: 12 }], next: "more" }, page(11, 8)];
    expect(idsOf(withTail(before, up))).toEqual([
      [6, 13, 12],
      [11, 10, 9, 8, 7, 5],
    ]);
  });
  test("let go of what is too far down to be held", () => {
    const long = [page(3_000, 2_001), page(2_000, 1_500)];
    const pages = [page(3_010, 2_500), page(2_499, 2_100)];
    expect(withTail(long, pages)).toBe(pages);
  });
});
