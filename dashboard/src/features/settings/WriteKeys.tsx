// The write keys of one source: one more, or revoke one.
import { useCreateWriteKey, useRevokeWriteKey } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Act } from "@/ui/Act";
import { NewWriteKey } from "@/ui/NewWriteKey";
import { useRefusal } from "@/ui/scopes";
import { Time } from "@/ui/Time";

type Source = Schemas["SourceView"];

/** Keys that work with what can be done to them; revoked ones are counted. */
export function WriteKeys({ source }: { readonly source: Source }) {
  const working = source.keys.filter((key) => key.revoked_at === null);
  const revoked = source.keys.length - working.length;
  return (
    <div className="grid gap-1 py-1">
      {working.map((key) => (
        <p key={key.id} className="flex flex-wrap items-center gap-x-3">
          <span>
            key {key.id}, made <Time at={key.created_at} />
          </span>
          <Revoke source={source} id={key.id} isLast={working.length === 1} />
        </p>
      ))}
      {working.length === 0 && <p className="text-quiet">no active key: nothing can be sent</p>}
      {revoked > 0 && <p className="text-note text-quiet">{revoked} revoked</p>}
      <div>
        <Create source={source} />
      </div>
    </div>
  );
}

interface RevokeProps {
  readonly source: Source;
  readonly id: number;
  readonly isLast: boolean;
}

function Revoke({ source, id, isLast }: RevokeProps) {
  const revoke = useRevokeWriteKey();
  const refusal = useRefusal(revoke.scopes);
  return (
    <Act
      name={`Revoke key ${id}…`}
      title={`Revoke write key ${id} of ${source.name}`}
      look="danger"
      verb="Revoke"
      done={`Write key ${id} revoked`}
      refusal={refusal}
      effect={
        <p>
          Whoever still sends with it is refused, for good.
          {isLast && (
            <b> It is the last one that works: “{source.name}” gets no event by key any more.</b>
          )}
        </p>
      }
      act={(reason) =>
        revoke.mutateAsync({ params: { path: { id: source.id, key: id } }, body: { reason } })
      }
    />
  );
}

function Create({ source }: { readonly source: Source }) {
  const create = useCreateWriteKey();
  const make = async () => {
    const made = await create.mutateAsync({ params: { path: { id: source.id } } });
    create.reset();
    return made.write_key;
  };
  return (
    <NewWriteKey source={source.name} refusal={useRefusal(create.scopes)} make={make}>
      Create a write key<span className="sr-only"> of {source.name}</span>
    </NewWriteKey>
  );
}
