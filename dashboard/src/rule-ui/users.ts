// Which live segments use a definition: who is affected when it changes.
import { useSegments } from "@/api/cdp";
import { useEvery } from "@/api/every";
import { placed } from "@/rule/path";
import type { Rule } from "@/rule/types";

const PAGE = 200;

/** Segments that use something. */
export interface Users {
  readonly segments: readonly { readonly id: number; readonly name: string }[];
  /** False while they are read, and where there are more segments than were looked at. */
  readonly isWhole: boolean;
}

/** The live segments with a rule in which some node uses a definition. */
export function useUsers(isUse: (node: Rule) => boolean): Users {
  const { rows, isWhole } = useEvery(useSegments({ params: { query: { limit: PAGE } } }));
  const users = rows.filter(
    ({ status, rule }) =>
      status !== "draft" && rule !== null && placed(rule).some(({ node }) => isUse(node)),
  );
  return { segments: users, isWhole };
}

/** "A, B", "none", and whether there may be more. */
export function usersWords({ segments, isWhole }: Users): string {
  const names = segments.map(({ name }) => `“${name}”`).join(", ");
  if (isWhole) return names === "" ? "no live segment" : names;
  return names === "" ? "not known" : `${names}, perhaps more`;
}
