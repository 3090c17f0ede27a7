// Somebody saved another version meanwhile: what it changed, and what to do. Nothing typed is lost.
import { useSegmentVersions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import type { Rule } from "@/rule/types";
import { Button } from "@/ui/Button";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { namesOf, useNamedSegments } from "../names";
import { RuleChanges } from "../RuleChanges";
import { ofApi } from "../wire";

type Version = Schemas["SegmentVersionView"];

interface Props {
  readonly segment: number;
  /** The version that was typed over, and its rule. */
  readonly base: number;
  readonly rule: Rule;
  readonly onTake: (version: Version) => void;
  readonly onKeep: (version: number) => void;
}

/** The other version; nothing where there is none. */
export function Conflict({ segment, base, rule, onTake, onKeep }: Props) {
  const versions = useSegmentVersions({
    params: { path: { id: segment }, query: { limit: 1 } },
  });
  const names = namesOf(useNamedSegments());
  const [newest] = rowsOf(versions.data);
  if (newest === undefined || newest.version <= base) return null;
  return (
    <section
      role="alert"
      aria-label="Another version"
      className="grid gap-2 rounded-card border border-degraded bg-surface p-4"
    >
      <p>
        <b>
          {newest.author_name ?? newest.author} saved version {newest.version} meanwhile
        </b>{" "}
        (<Time at={newest.created_at} />
        ). What you typed is kept. From version {base} it changed:
      </p>
      <RuleChanges before={rule} after={ofApi(newest.rule)} names={names} />
      <p className="flex flex-wrap gap-2">
        <Button onClick={() => onKeep(newest.version)}>
          Keep mine, to be saved after version {newest.version}
        </Button>
        <Button onClick={() => onTake(newest)}>Take version {newest.version}’s rule</Button>
      </p>
    </section>
  );
}
