// The golden file, typed: rules with the words and the problems that the API has. For tests.
import text from "./golden.json?raw";
import type { Field, FieldKind } from "./language";
import type { Rule } from "./types";

type Fields = Record<string, Field>;
export type Golden = {
  language: {
    nodes: Record<string, Fields>;
    parts: Record<string, Fields>;
    operators: Record<
      string,
      { fields: Fields; words: string; suits: FieldKind[]; negative: boolean; moves: boolean }
    >;
    measures: Record<string, { property: boolean; kind: string }>;
    event_types: string[];
    stages: string[];
    rfm_segments: string[];
  };
  rules: { rule: Rule; words: Record<string, string>; problems: string[] }[];
  damaged: { rule: unknown; problems: string[] }[];
  spans: [string, number | null][];
};

export const GOLDEN = JSON.parse(text) as Golden;
