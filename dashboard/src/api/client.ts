// The one client of the query API: same origin, by cookie, errors thrown as `Problem`.
import createClient from "openapi-fetch";
import createQueryClient from "openapi-react-query";
import { waitForLogin } from "./login";
import { Problem, problemOf } from "@/lib/problem";
import type { paths } from "./schema";

const LOGIN = "/cdp/login";

/** Fetch; where the login has ended, ask for a new one and repeat the request. */
async function fetchLoggedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await reach(request);
  if (response.status !== 401 || new URL(request.url).pathname === LOGIN) return response;
  await waitForLogin();
  return reach(again);
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Problem(0, "unreachable", "The server cannot be reached.");
  }
}

export const client = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  fetch: fetchLoggedIn,
});
client.use({
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
});

export const api = createQueryClient(client);
