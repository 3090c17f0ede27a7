// What a typed text finds: people, segments, audiences, signals, pages.
import {
  useAudiences,
  useLookupProfile,
  useSearchProfiles,
  useSegments,
  useSignals,
} from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import { useWhole, type Whole } from "@/api/whole";
import { spellingsOf } from "@/lib/spelling";
import { useRested } from "@/ui/later";
import { rowsOf } from "@/ui/Table";
import { SECTIONS } from "./navigation";

/** Something found. */
export interface Found {
  readonly group: string;
  readonly name: string;
  readonly isPersonal?: boolean;
  /** How it was found, where that is not plain. */
  readonly note?: string;
  /** Where it is; where something is done instead, what it is called. */
  readonly to: string;
  /** Do it, instead of going anywhere. */
  readonly run?: () => void;
  /** Whether doing it closes the dialog first. */
  readonly closes?: boolean;
}

const MOST = 6;
const TYPING_MS = 300;
const SHORTEST = 2;
const ALL: Whole = { isWhole: true, isCut: false };
/** Kinds with one spelling: whoever has such an id is found by how it begins. */
const IDS = ["user_id", "anonymous_id"];

/** Whether a name holds a text, in any case. */
export function holds(name: string, wanted: string): boolean {
  return name.toLowerCase().includes(wanted.toLowerCase());
}

/** Everything that a text finds, people first; and how much of the audiences was looked at. */
export function useFound(wanted: string): { readonly found: Found[]; readonly looked: Whole } {
  const isAsked = wanted.length >= SHORTEST;
  const rested = useRested(wanted, TYPING_MS);
  const people = usePeople(wanted, rested);
  const segments = useSegments(
    { params: { query: { search: rested, limit: MOST } } },
    { enabled: isAsked && rested.length >= SHORTEST },
  );
  const audiences = useAudiences({ params: { query: { limit: 200 } } }, { enabled: isAsked });
  const whole = useWhole(audiences);
  const looked = isAsked && audiences.data !== undefined ? whole : ALL;
  const signals = useSignals({}, { enabled: isAsked });

  const pages = SECTIONS.flatMap((section) => section.entries)
    .filter((entry) => holds(entry.name, wanted))
    .map((entry) => ({ group: "page", name: entry.name, to: entry.to }));
  if (!isAsked) return { found: pages, looked };
  const named = (
    group: string,
    to: string,
    items: readonly { id: number; name: string }[],
  ): Found[] =>
    items
      .filter((item) => holds(item.name, wanted))
      .slice(0, MOST)
      .map((item) => ({ group, name: item.name, to: `${to}/${item.id}` }));
  const found = [
    ...people,
    ...named("segment", "/cdp/segments", rowsOf(segments.data)),
    ...named("audience", "/cdp/audience-sync", rowsOf(audiences.data)),
    ...(signals.data?.items ?? [])
      .filter(
        (signal) => holds(signal.name ?? signal.signal, wanted) || holds(signal.signal, wanted),
      )
      .slice(0, MOST)
      .map((signal) => ({
        group: "signal",
        name: signal.name ?? signal.signal,
        to: `/trust/signals/${encodeURIComponent(signal.signal)}`,
      })),
    ...pages,
  ];
  return { found, looked };
}

/**
 * People whose identifiers begin like a text; where there is none, who owns it in another spelling.
 *
 * A whole identifier that is typed as it is stored begins like itself, so only other spellings need
 * to be looked up, and only once the typing rests.
 */
function usePeople(wanted: string, rested: string): Found[] {
  const isAsked = rested.length >= SHORTEST;
  const begins = useSearchProfiles(
    { params: { query: { search: rested, limit: MOST } } },
    { enabled: isAsked },
  );
  const kinds = useWorkspace().data?.kinds.map(({ kind }) => kind) ?? [];
  const isNobody =
    isAsked && !begins.isPlaceholderData && begins.isSuccess && rowsOf(begins.data).length === 0;
  const [first, second] = spellingsOf(rested, kinds).filter(
    ({ kind, value }) => !IDS.includes(kind) || value !== rested,
  );
  const likeliest = useOwner(first, isNobody);
  const other = useOwner(second, isNobody && likeliest.isUnknown);
  if (!isAsked || rested !== wanted) return [];
  const owner = likeliest.found ?? other.found;
  if (isNobody && owner !== undefined) return [owner];
  return rowsOf(begins.data).map((person) => ({
    group: "person",
    name: person.identifiers[0]?.value ?? person.id,
    isPersonal: true,
    to: `/cdp/profiles/${person.id}`,
  }));
}

function useOwner(spelled: ReturnType<typeof spellingsOf>[number] | undefined, isWanted: boolean) {
  const isAsked = isWanted && spelled !== undefined;
  const owner = useLookupProfile(
    { params: { query: spelled ?? { kind: "", value: "" } } },
    { enabled: isAsked },
  );
  const isFound = isAsked && owner.isSuccess && !owner.isPlaceholderData;
  const found: Found | undefined =
    isFound && spelled !== undefined
      ? {
          group: "person",
          name: spelled.value,
          isPersonal: true,
          note: `by ${spelled.kind}, in another spelling`,
          to: `/cdp/profiles/${owner.data.id}`,
        }
      : undefined;
  return { found, isUnknown: isAsked && owner.isError };
}
