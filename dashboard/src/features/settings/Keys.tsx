// Tab: API keys of people and programs; only an admin key sees and changes them.
import { useState } from "react";
import { useCreateKey, useKeys, useRevokeKey } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Act } from "@/ui/Act";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { CreateKey } from "./CreateKey";

type Key = Schemas["KeyView"];

/** The list of keys, or why it cannot be seen. */
export function Keys() {
  const refusal = useRefusal(useCreateKey().scopes);
  const [isCreating, setCreating] = useState(false);
  return (
    <Card
      title="API keys"
      aside={
        <Button refusal={refusal} onClick={() => setCreating(true)}>
          Create an API key
        </Button>
      }
    >
      <p className="mb-3 text-quiet">
        Give each person and program a key of their own: the audit log names keys.
      </p>
      {refusal === undefined ? <List /> : <Empty title="API keys are for admins">{refusal}</Empty>}
      <CreateKey isOpen={isCreating} onClose={() => setCreating(false)} />
    </Card>
  );
}

function List() {
  const keys = useKeys({ params: { query: { limit: 50 } } });
  return (
    <Answer asked={keys} name="API keys" height="12rem">
      {(data) => (
        <Table<Key>
          caption="API keys, oldest first"
          rows={rowsOf(data)}
          keyOf={(key) => key.id}
          more={keys}
          columns={[
            { name: "key", isNumber: true, cell: (key) => key.id },
            { name: "name", cell: (key) => key.name },
            { name: "may", cell: (key) => key.scopes.join(", ") },
            { name: "made", from: "md", cell: (key) => <Time at={key.created_at} /> },
            { name: "last used", from: "sm", cell: (key) => <Time at={key.last_used_at} /> },
            { name: "state", cell: (key) => <State apiKey={key} /> },
          ]}
        />
      )}
    </Answer>
  );
}

function State({ apiKey: key }: { readonly apiKey: Key }) {
  const revoke = useRevokeKey();
  const refusal = useRefusal(revoke.scopes);
  if (key.revoked_at !== null)
    return (
      <span className="text-quiet">
        revoked <Time at={key.revoked_at} />
      </span>
    );
  return (
    <Act
      name={`Revoke key ${key.id}…`}
      title={`Revoke the key “${key.name}”`}
      look="danger"
      verb="Revoke"
      done={`The key “${key.name}” is revoked`}
      refusal={refusal}
      effect={
        <p>
          Its logins end at once and programs that use it are refused, for good. Where it is the key
          of this login, this page asks for another one.
        </p>
      }
      act={(reason) => revoke.mutateAsync({ params: { path: { id: key.id } }, body: { reason } })}
    />
  );
}
