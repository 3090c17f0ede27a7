// Every hook of the query API, by noun.
export * from "./cdp/audiences";
export * from "./cdp/catalogue";
export * from "./cdp/consent";
export * from "./cdp/events";
export * from "./cdp/health";
export * from "./cdp/identity";
export * from "./cdp/insight";
export { useLogin, useLogout, useWorkspace } from "./cdp/login";
export * from "./cdp/operate";
export * from "./cdp/privacy";
export * from "./cdp/profiles";
export * from "./cdp/segments";
export * from "./cdp/settings";
export * from "./cdp/trust";
