// Words of links and where arrow keys lead in the picture.
import { describe, expect, it } from "vitest";
import { along } from "./moves";
import { causeWords, endWords, sizeWords, statusWords } from "./words";

describe("words", () => {
  it("say what is not stored, and mask what is", () => {
    expect(endWords({ kind: null, value: null }, false)).toBe("an identifier that is not stored");
    expect(endWords({ kind: "email", value: "mary@example.com" }, true)).toBe("m…@e…");
    expect(endWords({ kind: "email", value: "mary@example.com" }, false)).toBe("mary@example.com");
  });
  it("name causes, statuses and sizes", () => {
    const cause = { id: null, type: "track", name: "Order", occurred_at: null, message_id: null };
    expect(causeWords(cause)).toBe("track Order");
    expect(causeWords({ ...cause, type: null })).toContain("not stored");
    expect(causeWords({ ...cause, type: "allow", name: "" })).toBe("a ban that was lifted");
    expect(statusWords("banned")).toBe("✕ is banned");
    expect(sizeWords(1, 2, 0, 0)).toBe("1 identifier · 2 links");
    expect(sizeWords(5, 4, 1, 2)).toBe("5 identifiers · 4 links · 1 refused · 2 banned");
  });
});

describe("arrows", () => {
  const places = new Map([
    ["a", { x: 0, y: 0 }],
    ["right", { x: 100, y: 10 }],
    ["below", { x: 10, y: 100 }],
  ]);

  it("follow the link that lies best in their direction", () => {
    const linked = ["right", "below"];
    expect(along("ArrowRight", "a", linked, places)).toBe("right");
    expect(along("ArrowDown", "a", linked, places)).toBe("below");
    expect(along("ArrowLeft", "a", linked, places)).toBeUndefined();
    expect(along("ArrowDown", "a", ["right"], places)).toBe("right");
  });
  it("do nothing for other keys, unlinked nodes and nodes without a place", () => {
    expect(along("Enter", "a", ["right"], places)).toBeUndefined();
    expect(along("constructor", "a", ["right"], places)).toBeUndefined();
    expect(along("ArrowRight", "a", [], places)).toBeUndefined();
    expect(along("ArrowRight", "a", ["a", "gone"], places)).toBeUndefined();
  });
});
