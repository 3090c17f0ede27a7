// One computed trait: its state, its newest version to edit, what can be done to it, its versions.
import { useTrait, useTraitVersions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer } from "@/ui/Answer";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { EditTrait } from "./EditTrait";
import { traitWords } from "./functions";
import { Status } from "./TraitTable";
import { TraitActs } from "./TraitActs";

type Version = Schemas["TraitVersionView"];

interface Props {
  readonly id: number;
  readonly onClose: () => void;
}

/** The sheet of a trait. */
export function TraitSheet({ id, onClose }: Props) {
  const trait = useTrait({ params: { path: { id } } });
  const versions = useTraitVersions({ params: { path: { id }, query: { limit: 20 } } });
  return (
    <Answer asked={trait} name="computed trait" height="20rem">
      {(found) => (
        <div className="grid gap-4">
          <div>
            <p className="text-lead font-[650] break-words">{found.name}</p>
            <p>
              <Status trait={found} />
            </p>
            {found.rule !== null && <p className="text-quiet">Live: {traitWords(found.rule)}.</p>}
          </div>
          <div className="flex flex-wrap gap-2">
            <TraitActs trait={found} onDeleted={onClose} />
          </div>
          <Answer asked={versions} name="versions">
            {(data) => {
              const [newest] = rowsOf(data);
              return (
                <div className="grid gap-4">
                  {newest !== undefined && <EditTrait trait={found} newest={newest} />}
                  <Table<Version>
                    caption="Versions, newest first"
                    rows={rowsOf(data)}
                    keyOf={(row) => row.version}
                    more={versions}
                    columns={[
                      { name: "version", cell: (row) => row.version },
                      { name: "computes", cell: (row) => traitWords(row.rule) },
                      { name: "by", from: "sm", cell: (row) => row.author_name ?? row.author },
                      {
                        name: "published",
                        from: "sm",
                        cell: (row) => <Time at={row.published_at} />,
                      },
                    ]}
                  />
                </div>
              );
            }}
          </Answer>
        </div>
      )}
    </Answer>
  );
}
