// The cookbook's segments, to start from; `recipes.json` is made from `docs/cookbook.md`.
import recipes from "./recipes.json";
import type { Rule } from "./types";

export type Recipe = {
  title: string;
  text: string;
  rule: Rule;
  /** What must be live before it can be published. */
  needs: {
    /** Segments that it refers to: where, and what they are called in the cookbook. */
    segments: { path: string; name: string }[];
    /** Computed traits, as `POST /cdp/traits` takes them. */
    traits: { name: string; rule: unknown }[];
    rfm: boolean;
  };
};

export const RECIPES = recipes as Recipe[];
