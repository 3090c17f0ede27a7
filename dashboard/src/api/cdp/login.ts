// Hooks and calls: who is logged in, logging in and out.
import { client } from "../client";
import { commanding, reading } from "../hooks";
import { areWaiting, loggedIn } from "../login";
import type { Schemas } from "../schemas";

export const useLogin = reading("/cdp/login", { refreshS: 300 });
export const useWorkspace = reading("/cdp/workspace", { refreshS: 300 });

/**
 * Exchange an API key for the cookie of this browser; requests that wait for a login go on.
 *
 * Throws a `Problem` where the key is refused.
 */
export async function logIn(apiKey: string): Promise<void> {
  const { data } = await client.POST("/cdp/login", { body: { api_key: apiKey } });
  const who = `${data?.workspace.id} ${data?.name}`;
  // What waits was asked by somebody else, perhaps in another workspace: it must not be repeated.
  if (areWaiting() && asker !== null && asker !== who) location.reload();
  else loggedIn();
  asker = who;
}

let asker: string | null = null;

/** Remember who asks on this page; whoever logs in again in the middle of work has to be the same. */
export function askedBy(login: Schemas["LoginView"]): void {
  asker = `${login.workspace.id} ${login.name}`;
}

/** End the login of this browser. */
export const useLogout = commanding("delete", "/cdp/login", [], []);
