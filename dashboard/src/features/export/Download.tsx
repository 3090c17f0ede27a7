// The link to an export's file, while there is one.
import { useExportAudience } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useRefusal } from "@/ui/scopes";

/** A link that the browser follows with its cookie; the file never lies in the page. */
export function Download({ export: row }: { readonly export: Schemas["ExportView"] }) {
  const refusal = useRefusal(useExportAudience().scopes);
  if (row.download === null) return <span className="text-quiet">–</span>;
  if (refusal !== undefined)
    return (
      <span className="text-quiet" title={refusal}>
        needs the scope write
      </span>
    );
  return (
    <a href={row.download} download aria-label={`Download export ${row.id}`}>
      Download
    </a>
  );
}
