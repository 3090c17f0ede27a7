// Hooks: what a person consented to, and stating it in their name.
import { commanding, paging } from "../hooks";

export const useConsentHistory = paging("/cdp/profiles/{id}/consent/history");
export const useStateConsent = commanding(
  "post",
  "/cdp/profiles/{id}/consent",
  ["/cdp/profiles", "/cdp/audit"],
  ["admin"],
);
