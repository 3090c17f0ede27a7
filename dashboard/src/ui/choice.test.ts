// What a choice offers: what there is, what is chosen, and that there is more.
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Choice } from "./Choice";
import { NOT_ALL } from "./NotAll";

function shown(value: string | undefined, isCut: boolean): string[] {
  const options = [["7", "staff"]] as const;
  const choice = createElement(Choice, {
    label: "Segment",
    value,
    options,
    isCut,
    onChange: () => {},
  });
  return [...renderToStaticMarkup(choice).matchAll(/<option[^>]*>([^<]*)</g)].map(
    ([, words = ""]) => words,
  );
}

test("a choice that was cut says so", () => {
  expect(shown("7", true)).toEqual(["any", "staff", NOT_ALL]);
  expect(shown("7", false)).toEqual(["any", "staff"]);
});

test("what was chosen beyond the cut is no “any”", () => {
  expect(shown("8", true)).toEqual(["any", "staff", "8", NOT_ALL]);
  expect(shown(undefined, true)).toEqual(["any", "staff", NOT_ALL]);
});
