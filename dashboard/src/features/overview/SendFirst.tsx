// The first step: a command that sends an event with a write key, until one has come.
import { Link } from "@tanstack/react-router";
import { useCreateWriteKey, useSources } from "@/api/cdp";
import { sendExample } from "@/lib/examples";
import { Icon } from "@/ui/Icon";
import { NewWriteKey } from "@/ui/NewWriteKey";
import { useRefusal } from "@/ui/scopes";
import { rowsOf } from "@/ui/Table";

/** The command, a key for it, and that the page waits. */
export function SendFirst({ isLive }: { readonly isLive: boolean }) {
  const source = rowsOf(useSources({ params: { query: { limit: 1 } } }).data)[0];
  const create = useCreateWriteKey();
  const refusal = useRefusal(create.scopes);
  const make = async (id: number) => {
    const made = await create.mutateAsync({ params: { path: { id } } });
    create.reset();
    return made.write_key;
  };
  return (
    <div className="grid gap-2">
      <p>From a shell, with a write key of a source in the place of WRITE_KEY:</p>
      <pre
        tabIndex={0}
        role="region"
        aria-label="Command that sends an event"
        className="overflow-x-auto rounded-control bg-canvas p-2 break-all whitespace-pre-wrap"
      >
        {sendExample(location.origin, "WRITE_KEY")}
      </pre>
      <div className="flex flex-wrap items-center gap-3">
        {source === undefined ? (
          <Link to="/settings">Create a source: it comes with a write key</Link>
        ) : (
          <NewWriteKey source={source.name} refusal={refusal} make={() => make(source.id)}>
            Create a write key of {source.name}
          </NewWriteKey>
        )}
        <span role="status" className="inline-flex items-center gap-1 text-quiet">
          <Icon name="ring" />
          {isLive ? "Waiting for the first event…" : "Waiting; looked for every 10 s"}
        </span>
      </div>
    </div>
  );
}
