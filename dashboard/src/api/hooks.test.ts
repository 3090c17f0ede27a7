// Every operation of the API has one hook or a reason; every hook has its name and a caller.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { UNCALLED, UNUSED } from "./unused";

const API = resolve(import.meta.dirname);
const SOURCES = resolve(API, "..");

function* sources(folder: string): Generator<{ path: string; text: string }> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name) && !/\.(d|test)\.tsx?$/.test(name))
      yield { path, text: readFileSync(path, "utf8") };
  }
}

/** The operations of the document: "get /cdp/alerts" → its id. */
const document = JSON.parse(readFileSync(resolve(SOURCES, "../openapi.json"), "utf8")) as {
  paths: Record<string, Record<string, { operationId?: string }>>;
};
const METHODS = new Set(["get", "post", "put", "patch", "delete"]);
const operations = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, { operationId }]) => [`${method} ${path}`, operationId ?? ""] as const),
  ),
);

const written = [...sources(join(API, "cdp"))];
const text = written.map((each) => each.text).join("\n");
const PATH = `"(/[^"]*)"`;

/** Where an operation stands in the sources: a factory of hooks, or the client itself. */
function usedOperations(): string[] {
  const constants = new Map(
    [...text.matchAll(new RegExp(`const (\\w+) = ${PATH};`, "g"))].map(([, name, path]) => [
      name,
      path,
    ]),
  );
  const found = (pattern: string, of: (groups: string[]) => [string, string]) =>
    [...text.matchAll(new RegExp(pattern, "g"))].map(([, ...groups]) => {
      const [method, path] = of(groups);
      return `${method.toLowerCase()} ${constants.get(path) ?? path.replaceAll('"', "")}`;
    });
  const place = `("/[^"]*"|[A-Z]+)`;
  return [
    ...found(`\\b(?:reading|paging|shared)\\(\\s*${place}`, ([path = ""]) => ["get", path]),
    ...found(`\\basking\\(\\s*${place}`, ([path = ""]) => ["post", path]),
    ...found(`\\bcommanding\\(\\s*"(\\w+)",\\s*${place}`, ([method = "", path = ""]) => [
      method,
      path,
    ]),
    ...found(`\\bclient\\.([A-Z]+)\\(\\s*${place}`, ([method = "", path = ""]) => [method, path]),
    ...found(`\\bapi\\.\\w+\\(\\s*"(\\w+)",\\s*${place}`, ([method = "", path = ""]) => [
      method,
      path,
    ]),
  ];
}

const used = usedOperations();
const known: ReadonlySet<string> = new Set(operations.keys());
const hooks = new Set(
  [...text.matchAll(/export (?:const|function) (use[A-Z]\w*)/g)].map(([, name]) => name ?? ""),
);
const exported = readFileSync(join(API, "cdp.ts"), "utf8");

describe("operations", () => {
  test("have exactly one hook, or a reason why they have none", () => {
    const wrong = [...operations].filter(
      ([operation, id]) =>
        used.filter((each) => each === operation).length !== (id in UNUSED ? 0 : 1),
    );
    expect(wrong).toEqual([]);
  });
  test("that hooks name are there, and so are those without a hook", () => {
    expect(used.filter((each) => !known.has(each))).toEqual([]);
    const ids = new Set(operations.values());
    expect(Object.keys(UNUSED).filter((id) => !ids.has(id))).toEqual([]);
  });
});

/** The hooks that stand in the design of the page, whose names are public. */
const NAMED = `
  useCDPHealth useLag useWorkspace useProfileStatistics useEventStatistics useEventTrends
  useLifecycle
  useSearchProfiles useCDPProfile useLookupProfile useProfileEvents useProfileChanges
  useProfileAudiences useProfileSegments useWhy
  useSegments useSegment useCreateSegment useUpdateSegment useDeleteSegment usePublishSegment
  usePauseSegment useResumeSegment useSegmentVersions useSegmentMembers useSegmentChanges
  useSegmentSizes useSegmentHistory useValidateRule usePreviewRule usePreviewSegment useSweeps
  useSweep
  useTraits useTrait useCreateTrait useUpdateTrait useDeleteTrait usePublishTrait useTraitVersions
  useRfm usePublishRfm useDeleteRfm useRfmVersions useRfmDistribution useFunnel
  useEvents useEventNames useEventProperties useAnomalySummary useEventAnomalies useAnomaly
  useIdentityGraph useMergeHistory useProfileMerges useConflicts useUnmergePreview useUnmerge
  useCommand
  usePlatforms useConnections useCheckPlatform useConnectPlatform useDisconnectPlatform
  useAudiences useAudience useCreateAudience useUpdateAudience useDeleteAudience useSyncAudience
  usePauseAudience useResumeAudience useCancelPush useReconcileAudience usePreviewPush usePushes
  usePushHistory usePushRequests usePushStatistics useExportAudience useExports useExport
  useDeleteExport
  useSignals useSignal useSignalHours useSignalReadings useSignalSeries useReading useDecisions
  useDecision useGate useAudienceGate useConfirmFirst useReleasePush useCreateOverride useOverrides
  useApproveIntervention useRevokeIntervention useSetMode useApproveMode useRejudge useAlerts useAlert
  useAcknowledgeAlert useDeadNotices useRetryNotices useAudit useVerifyAudit
  useDeadLetters useDeadLetter useRetryDeadLetter useRetryDeadLetters useDeadLetterCounts
  useSources useKeys useLogin useLogout
`
  .trim()
  .split(/\s+/);

describe("hooks", () => {
  test("have the names of the design, and there are many", () => {
    expect(NAMED.filter((name) => !hooks.has(name))).toEqual([]);
    expect(hooks.size).toBeGreaterThanOrEqual(60);
  });
  test("are all exported from one place", () => {
    const there = new Set([
      ...[...exported.matchAll(/export \* from "\.\/(cdp\/\w+)"/g)].flatMap(([, name]) =>
        hooksOf(`${name}.ts`),
      ),
      ...(exported.match(/\buse[A-Z]\w*/g) ?? []),
    ]);
    expect([...hooks].filter((name) => !there.has(name))).toEqual([]);
  });
  test("have a caller, or a reason why they have none", () => {
    const called = new Set(
      [...sources(SOURCES)]
        .filter(({ path }) => path !== join(API, "cdp.ts") && path !== join(API, "unused.ts"))
        .flatMap(({ text: source }) =>
          source.match(/(?<!export (?:const|function) )\buse[A-Z]\w*/g),
        ),
    );
    expect([...hooks].filter((name) => called.has(name) === name in UNCALLED)).toEqual([]);
    expect(Object.keys(UNCALLED).filter((name) => !hooks.has(name))).toEqual([]);
  });
});

function hooksOf(path: string): string[] {
  const source = readFileSync(join(API, path), "utf8");
  return [...source.matchAll(/export (?:const|function) (use[A-Z]\w*)/g)].map(
    ([, name]) => name ?? "",
  );
}
