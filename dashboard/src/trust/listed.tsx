// Where a person stands on a platform's list, and what decides it, in words.
import type { Schemas } from "@/api/schemas";
import { Icon, type IconName } from "@/ui/Icon";

/** Where somebody stands. */
export type ListState = Schemas["PersonAudienceView"]["state"];
/** What decides it. */
export type ListReason = Schemas["PersonAudienceView"]["reason"];

export const LIST_STATES: Record<ListState, { readonly words: string; readonly icon: IconName }> = {
  on_the_list: { words: "listed", icon: "check" },
  being_added: { words: "pending: being added", icon: "sync" },
  waiting_for_the_platform: { words: "pending: the platform has not confirmed", icon: "sync" },
  being_removed: { words: "leaving: being removed", icon: "sync" },
  refused: { words: "refused", icon: "forbidden" },
  not_on_the_list: { words: "not listed", icon: "cross" },
};
export const LIST_REASONS: Record<ListReason, string> = {
  member: "is in the segment, with consent and a usable identifier",
  not_a_member: "is not in the segment",
  held_out: "belongs to the part that is never sent, for measuring lift",
  too_long: "is a member for longer than the audience keeps anybody",
  no_consent: "has not granted the purpose",
  no_identifier: "has no identifier that the platform can match",
  next_push: "waits for the next push",
  audience_inactive: "the audience is paused or being deleted",
  refused_by_platform: "the platform refused the identifiers",
};

/** A state by shape and word. */
export function Listing({ state }: { readonly state: ListState }) {
  const { words, icon } = LIST_STATES[state];
  return (
    <span className="inline-flex items-baseline gap-1 [&>svg]:self-center">
      <Icon name={icon} />
      {words}
    </span>
  );
}
