// The receipt of an erasure: a file that proves it, and how it is checked.
import type { Schemas } from "@/api/schemas";
import { Card } from "@/ui/Card";

/** A link that the browser follows with its cookie, and the command that checks the file. */
export function Receipt({ request }: { readonly request: Schemas["RequestDetailView"] }) {
  if (!request.recorded)
    return (
      <Card title="Receipt">
        <p className="text-quiet">
          {request.processed_at === null
            ? "There is a receipt once the person is removed, on record."
            : "There is a receipt once the audit log has what was removed: in a moment."}
        </p>
      </Card>
    );
  const file = `erasure-${request.id}.json`;
  return (
    <Card title="Receipt">
      <p>
        <a href={`/cdp/privacy/requests/${request.id}/receipt`} download={file}>
          Download the receipt
        </a>
        {request.completed_at === null && (
          <span className="text-quiet">
            {" "}
            It says that steps are left: take it again when the request is completed.
          </span>
        )}
      </p>
      <p className="mt-2">
        It holds digests and no personal data, unless somebody wrote such into the reason. Whoever
        runs Stratum checks it against the audit log:
      </p>
      <p className="mt-1">
        <code className="break-all">stratum privacy verify {file}</code>
      </p>
    </Card>
  );
}
