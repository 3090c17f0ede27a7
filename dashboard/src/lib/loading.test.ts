// Parts of the page that do not come are told from those that fail while they are drawn.
import { expect, test } from "vitest";
import { loading, NotLoadedError } from "./loading";

test("a part that comes is what it is", async () => {
  const part = { Find: () => null };
  await expect(loading(Promise.resolve(part))).resolves.toBe(part);
});

test("a part that does not come is not loaded, whatever the browser says of it", async () => {
  const failed = Promise.reject(new TypeError("Failed to fetch dynamically imported module: x"));
  await expect(loading(failed)).rejects.toBeInstanceOf(NotLoadedError);
});
