// Hooks: sources with their write keys, and API keys.
import { commanding, paging } from "../hooks";

const SOURCES = ["/cdp/sources"];
const KEYS = ["/cdp/keys"];

export const useCreateSource = commanding("post", "/cdp/sources", SOURCES, ["admin"]);
export const useCreateWriteKey = commanding("post", "/cdp/sources/{id}/keys", SOURCES, ["admin"]);
export const useRevokeWriteKey = commanding("delete", "/cdp/sources/{id}/keys/{key}", SOURCES, [
  "admin",
]);
export const useKeys = paging("/cdp/keys", { refreshS: 60 });
export const useCreateKey = commanding("post", "/cdp/keys", KEYS, ["admin"]);
export const useRevokeKey = commanding("delete", "/cdp/keys/{id}", KEYS, ["admin"]);
