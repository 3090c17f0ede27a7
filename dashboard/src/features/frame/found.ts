// What a typed text finds: people, segments, audiences, signals, pages.
import {
  useAudiences,
  useLookupProfile,
  useSearchProfiles,
  useSegments,
  useSignals,
} from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import { useWhole } from "@/api/whole";
import { spellingsOf } from "@/lib/spelling";
import { useRested } from "@/ui/later";
import { rowsOf } from "@/ui/Table";
import { SECTIONS } from "./navigation";
import { progressOf, type Answering, type Progress } from "./progress";

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
/** Characters from which on more than pages and acts is searched. */
export const SHORTEST = 2;
/** Kinds with one spelling: whoever has such an id is found by how it begins. */
const IDS = ["user_id", "anonymous_id"];

/** Whether a name holds a text, in any case. */
export function holds(name: string, wanted: string): boolean {
  return name.toLowerCase().includes(wanted.toLowerCase());
}

/** What a text finds, and how far the search has come. */
interface Search {
  readonly found: Found[];
  /** Null: the text is too short for more than pages. */
  readonly progress: Progress | null;
  /** There are more audiences than are searched. */
  readonly isCut: boolean;
}

/**
 * Everything that a text finds: pages that begin like it, people, definitions, signals, other pages.
 *
 * Pages are known at once. Were they displaced by what the API finds later, whoever types the
 * beginning of a page's name and presses Enter would land elsewhere, as the network happens to be.
 */
export function useFound(wanted: string): Search {
  const isAsked = wanted.length >= SHORTEST;
  const rested = useRested(wanted, TYPING_MS);
  const people = usePeople(wanted, rested);
  const segments = useSegments(
    { params: { query: { search: rested, limit: MOST } } },
    { enabled: isAsked && rested.length >= SHORTEST },
  );
  const audiences = useAudiences({ params: { query: { limit: 200 } } }, { enabled: isAsked });
  const { isWhole, isCut } = useWhole(audiences);
  const signals = useSignals({ enabled: isAsked });

  const pages = SECTIONS.flatMap((section) => section.entries)
    .filter((entry) => holds(entry.name, wanted))
    .map((entry) => ({ group: "page", name: entry.name, to: entry.to }));
  const isFirst = ({ name }: Found) => name.toLowerCase().startsWith(wanted.toLowerCase());
  if (!isAsked) return { found: pages, progress: null, isCut: false };
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
    ...pages.filter(isFirst),
    ...people.found,
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
    ...pages.filter((page) => !isFirst(page)),
  ];
  const allAudiences: Answering = {
    data: isWhole || isCut ? audiences.data : undefined,
    isPlaceholderData: audiences.isPlaceholderData,
    error: audiences.error,
  };
  const requests = [...people.requests, segments, allAudiences, signals];
  return { found, progress: progressOf(wanted, rested, requests), isCut };
}

interface People {
  readonly found: Found[];
  readonly requests: readonly Answering[];
}

/**
 * People whose identifiers begin like a text; where there is none, who owns it in another spelling.
 *
 * A whole identifier that is typed as it is stored begins like itself, so only other spellings need
 * to be looked up, and only once the typing rests.
 */
function usePeople(wanted: string, rested: string): People {
  const isAsked = rested.length >= SHORTEST;
  const begins = useSearchProfiles(
    { params: { query: { search: rested, limit: MOST } } },
    { enabled: isAsked },
  );
  const workspace = useWorkspace();
  const kinds = workspace.data?.kinds.map(({ kind }) => kind) ?? [];
  const isNobody =
    isAsked && !begins.isPlaceholderData && begins.isSuccess && rowsOf(begins.data).length === 0;
  const [first, second] = spellingsOf(rested, kinds).filter(
    ({ kind, value }) => !IDS.includes(kind) || value !== rested,
  );
  const likeliest = useOwner(first, isNobody);
  const other = useOwner(second, isNobody && likeliest.isUnknown);
  // Without the kinds there are no other spellings to look up.
  const requests = [
    begins,
    ...(isNobody ? [workspace] : []),
    ...likeliest.requests,
    ...other.requests,
  ];
  if (!isAsked || rested !== wanted || begins.isPlaceholderData) return { found: [], requests };
  const owner = likeliest.found ?? other.found;
  if (isNobody && owner !== undefined) return { found: [owner], requests };
  const found = rowsOf(begins.data).map((person) => ({
    group: "person",
    name: person.identifiers[0]?.value ?? person.id,
    isPersonal: true,
    to: `/cdp/profiles/${person.id}`,
  }));
  return { found, requests };
}

/** That nobody has an identifier, or that nobody can have it. */
const NOBODY = [404, 422];

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
  const isUnknown = isAsked && owner.isError;
  const isNobody = isUnknown && NOBODY.includes(owner.error.status);
  return { found, isUnknown, requests: isAsked && !isNobody ? [owner] : [] };
}
