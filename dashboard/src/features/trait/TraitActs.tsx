// Publishing and deleting a computed trait; each shows its effect first.
import { useDeleteTrait, usePublishTrait, useTraitVersions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { usersWords, useUsers } from "@/rule-ui/users";
import { Act } from "@/ui/Act";
import { useRefusal } from "@/ui/scopes";
import { rowsOf } from "@/ui/Table";
import { traitWords } from "./functions";

interface Props {
  readonly trait: Schemas["TraitView"];
  readonly onDeleted: () => void;
}

/** The acts of a trait as it is now. */
export function TraitActs({ trait, onDeleted }: Props) {
  return (
    <>
      {trait.newest_version > trait.version && <Publish trait={trait} />}
      <Delete trait={trait} onDeleted={onDeleted} />
    </>
  );
}

function useUsersOf({ name }: Schemas["TraitView"]): string {
  return usersWords(useUsers((node) => node.type === "computed" && node.name === name));
}

function Publish({ trait }: Pick<Props, "trait">) {
  const publish = usePublishTrait();
  const users = useUsersOf(trait);
  const path = { id: trait.id };
  const versions = rowsOf(useTraitVersions({ params: { path, query: { limit: 20 } } }).data);
  const newest = versions.find(({ version }) => version === trait.newest_version);
  return (
    <Act
      name="Publish…"
      title={`Publish ${trait.name}`}
      verb="Publish"
      done={`${trait.name} is live; everybody's value is being computed.`}
      look="main"
      refusal={useRefusal(publish.scopes)}
      effect={
        <div className="grid gap-2">
          <p>
            Version {trait.newest_version} becomes live
            {newest !== undefined && `: ${traitWords(newest.rule)}`}.
            {trait.version > 0 && ` It replaces version ${trait.version}.`}
          </p>
          <p>A sweep computes it for everybody from the stored events.</p>
          <p>Used by {users}: who is in them may change, and audiences with them.</p>
        </div>
      }
      act={(reason) =>
        // The version that this dialog showed, and no newer one.
        publish.mutateAsync({
          params: { path },
          headers: { "If-Match": `"${trait.newest_version}"` },
          body: { reason },
        })
      }
    />
  );
}

function Delete({ trait, onDeleted }: Props) {
  const remove = useDeleteTrait();
  const users = useUsersOf(trait);
  return (
    <Act
      name="Delete…"
      title={`Delete ${trait.name}`}
      verb="Delete"
      done={`${trait.name} is deleted.`}
      look="danger"
      refusal={useRefusal(remove.scopes)}
      effect={
        <p>
          Everybody loses the value. It is refused while a segment uses the trait; now that is{" "}
          {users}.
        </p>
      }
      act={async (reason) => {
        await remove.mutateAsync({ params: { path: { id: trait.id } }, body: { reason } });
        onDeleted();
      }}
    />
  );
}
