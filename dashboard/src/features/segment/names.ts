// The workspace's segments by id, for words and choices.
import { useSegments } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { type Every, useEvery } from "@/api/every";
import { placed } from "@/rule/path";
import type { Rule } from "@/rule/types";
import type { Names } from "@/rule/words";
import { ofApi } from "./wire";

type Segment = Schemas["SegmentView"];

/** The segments that are known by name. */
export function useNamedSegments(): readonly Segment[] {
  return useEverySegment().rows;
}

/** The same, and whether they are all. */
export function useEverySegment(): Every<Segment> {
  return useEvery(useSegments({ params: { query: { limit: 200 } } }));
}

/** How words call segments. */
export function namesOf(segments: readonly Pick<Segment, "id" | "name">[]): Names {
  return {
    segment: (id) => {
      const name = segments.find((one) => one.id === id)?.name;
      return name === undefined ? String(id) : `“${name}”`;
    },
  };
}

/** The live segments whose rule refers to one, directly. */
export function usersOf(segments: readonly Segment[], id: number): Segment[] {
  return segments.filter(
    (one) => one.id !== id && one.rule !== null && refersTo(ofApi(one.rule)).includes(id),
  );
}

/** Whom a rule may refer to: live and paused segments that do not lead back to its own. */
export function referable(segments: readonly Segment[], own: number | null): Segment[] {
  const refused = new Set(own === null ? [] : [own]);
  let size = -1;
  while (size !== refused.size) {
    size = refused.size;
    for (const { id, rule } of segments) {
      if (rule !== null && refersTo(ofApi(rule)).some((other) => refused.has(other)))
        refused.add(id);
    }
  }
  return segments.filter((one) => one.status !== "draft" && !refused.has(one.id));
}

function refersTo(rule: Rule): number[] {
  return placed(rule).flatMap(({ node }) => (node.type === "segment" ? [node.segment] : []));
}
