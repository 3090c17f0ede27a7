// Tab: every saved version, who saved and who published it, and the difference of two.
import { getRouteApi } from "@tanstack/react-router";
import { useSegmentVersions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer } from "@/ui/Answer";
import { Choice } from "@/ui/Choice";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { namesOf, useNamedSegments } from "./names";
import { RuleChanges } from "./RuleChanges";
import { ofApi } from "./wire";

const route = getRouteApi("/frame/cdp/segments/$id");
type Version = Schemas["SegmentVersionView"];

interface Props {
  readonly segment: Schemas["SegmentView"];
}

/** The versions. */
export function Versions({ segment }: Props) {
  const versions = useSegmentVersions({ params: { path: { id: segment.id } } });
  return (
    <Answer asked={versions} name="versions" height="12rem">
      {(data) => (
        <div className="grid gap-4">
          <Table<Version>
            caption="Versions, newest first"
            rows={rowsOf(data)}
            keyOf={(row) => row.version}
            isCurrent={(row) => row.version === segment.version}
            more={versions}
            columns={[
              {
                name: "version",
                cell: (row) => `${row.version}${row.version === segment.version ? " (live)" : ""}`,
              },
              {
                name: "saved",
                cell: (row) => (
                  <>
                    <Time at={row.created_at} /> by {row.author_name ?? row.author}
                  </>
                ),
              },
              {
                name: "published",
                cell: (row) =>
                  row.published_at === null ? (
                    <span className="text-quiet">never</span>
                  ) : (
                    <>
                      <Time at={row.published_at} /> by {row.published_by_name ?? row.published_by}
                    </>
                  ),
              },
              { name: "purpose", from: "md", cell: (row) => row.purpose || "–" },
            ]}
          />
          <Difference versions={rowsOf(data)} />
        </div>
      )}
    </Answer>
  );
}

function Difference({ versions }: { readonly versions: readonly Version[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const names = namesOf(useNamedSegments());
  const after = versions.find((one) => one.version === search.version) ?? versions[0];
  if (after === undefined) return null;
  const before =
    versions.find((one) => one.version === search.against) ??
    versions.find((one) => one.version < after.version);
  const options = versions.map(({ version }) => [String(version), `version ${version}`] as const);
  const go = (next: { version?: number | undefined; against?: number | undefined }) =>
    void navigate({ search: (earlier) => ({ ...earlier, ...next }), replace: true });
  return (
    <section aria-label="Difference of two versions" className="grid gap-3">
      <p className="flex flex-wrap gap-4">
        <Choice
          label="From"
          any="the one before"
          value={search.against === undefined ? undefined : String(search.against)}
          options={options}
          onChange={(value) => go({ against: numberOf(value) })}
        />
        <Choice
          label="To"
          any="the newest"
          value={search.version === undefined ? undefined : String(search.version)}
          options={options}
          onChange={(value) => go({ version: numberOf(value) })}
        />
      </p>
      <h3>
        {before === undefined
          ? `Version ${after.version}, the first`
          : `From version ${before.version} to version ${after.version}`}
      </h3>
      <RuleChanges
        before={before === undefined ? null : ofApi(before.rule)}
        after={ofApi(after.rule)}
        names={names}
      />
      {before !== undefined && before.purpose !== after.purpose && (
        <p>
          Purpose: {before.purpose || "none"} → {after.purpose || "none"}
        </p>
      )}
    </section>
  );
}

function numberOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
