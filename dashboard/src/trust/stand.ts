// How a platform is, in a word: connected, disconnected, wrong, or not known.
import type { Schemas } from "@/api/schemas";

/** What is known of the connections: a question that is not answered yet is no "not checked". */
export type Known = "loading" | "failed" | readonly Schemas["ConnectionView"][];

export interface Stand {
  readonly word: string;
  readonly look: "well" | "wrong" | "unknown";
}

const NOT_CHECKED: Stand = { word: "not checked yet", look: "unknown" };

/** The word of a platform. */
export function standOf(platform: Schemas["PlatformView"], known: Known): Stand {
  if (!platform.connected) return { word: "not configured", look: "unknown" };
  if (known === "loading") return { word: "being looked up…", look: "unknown" };
  if (known === "failed") return { word: "not known now", look: "unknown" };
  const connection = known.find((each) => each.platform === platform.platform);
  if (connection === undefined) return NOT_CHECKED;
  if (connection.status === "disconnected") return { word: "disconnected", look: "wrong" };
  if (connection.result === null) return NOT_CHECKED;
  if (connection.result === "ok") return { word: "connected", look: "well" };
  return { word: connection.result.replaceAll("_", " "), look: "wrong" };
}
