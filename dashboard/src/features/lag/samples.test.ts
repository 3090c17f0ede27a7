// What is kept of the lag.
import { expect, test } from "vitest";
import { APART_MS, KEPT_MS, kept, type Sample } from "./samples";

const sample = (at: number): Sample => ({ at, records: 1, seconds: 1 });

test("a quarter of an hour is kept, however long the page is open", () => {
  let samples: readonly Sample[] = [];
  for (let at = 0; at < 4 * KEPT_MS; at += 1_000) samples = kept(samples, sample(at));
  expect(samples.length).toBeLessThanOrEqual(KEPT_MS / APART_MS + 1);
  expect((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)).toBeLessThanOrEqual(KEPT_MS);
});

test("a clock that is set back begins anew", () => {
  expect(kept([sample(10_000), sample(20_000)], sample(5_000))).toEqual([sample(5_000)]);
});
