// Ids get the names that people know, and stay what they are where none is known.
import { expect, test } from "vitest";
import type { Schemas } from "@/api/schemas";
import { destinationName, signalName } from "./called";

const AUDIENCES = [
  { id: 1, name: "Regulars", platform: "meta" },
  { id: 12, name: "Gear fans", platform: "tiktok" },
] as const;
const APP: Schemas["Signal"] = {
  signal: "source:2",
  name: "app",
  status: "degraded",
  reading: null,
};

test.each([
  ["meta:1", "Regulars (meta:1)"],
  ["tiktok:12", "Gear fans (tiktok:12)"],
  ["google:1", "google:1"],
  ["meta:12", "meta:12"],
])("the destination %s is %s", (destination, name) =>
  expect(destinationName(AUDIENCES, destination)).toBe(name),
);

test.each([
  ["source:2", "app (source:2)"],
  ["source:1", "source:1"],
])("the signal %s is %s", (id, name) => expect(signalName([APP], id)).toBe(name));
