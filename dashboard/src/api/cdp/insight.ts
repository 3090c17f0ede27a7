// Hooks: computed traits, RFM and funnels.
import { asking, commanding, paging, reading } from "../hooks";

const TRAITS = ["/cdp/traits", "/cdp/sweeps"];
const RFM = ["/cdp/rfm", "/cdp/statistics/rfm"];

export const useTraits = paging("/cdp/traits", { refreshS: 30 });
export const useTrait = reading("/cdp/traits/{id}", { refreshS: 15 });
export const useTraitVersions = paging("/cdp/traits/{id}/versions");
export const useCreateTrait = commanding("post", "/cdp/traits", TRAITS);
export const useUpdateTrait = commanding("put", "/cdp/traits/{id}", TRAITS);
export const useDeleteTrait = commanding("delete", "/cdp/traits/{id}", TRAITS);
export const usePublishTrait = commanding("post", "/cdp/traits/{id}/publish", TRAITS);
export const useRfm = reading("/cdp/rfm", { refreshS: 60 });
export const useRfmVersions = paging("/cdp/rfm/versions");
export const useRfmDistribution = reading("/cdp/statistics/rfm", { refreshS: 60 });
export const usePublishRfm = commanding("put", "/cdp/rfm", RFM);
export const useDeleteRfm = commanding("delete", "/cdp/rfm", RFM);
export const useFunnel = asking("/cdp/funnels");
