// Hooks: people, found and looked at.
import { paging, reading } from "../hooks";

export const useSearchProfiles = paging("/cdp/profiles");
export const useCDPProfile = reading("/cdp/profiles/{id}", { refreshS: 15 });
export const useLookupProfile = reading("/cdp/profiles/lookup");
export const useProfileEvents = paging("/cdp/profiles/{id}/events");
export const useProfileChanges = paging("/cdp/profiles/{id}/changes");
export const useProfileAudiences = reading("/cdp/profiles/{id}/audiences", { refreshS: 30 });
export const useWhy = reading("/cdp/profiles/{id}/segments/{segment}/why");

/** The segments that a person is in: a part of the person, read with them. */
export function useProfileSegments(...asked: Parameters<typeof useCDPProfile>) {
  const profile = useCDPProfile(...asked);
  return { ...profile, data: profile.data?.segments };
}
