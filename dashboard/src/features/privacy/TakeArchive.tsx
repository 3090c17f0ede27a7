// Two ways to an archive: loading it here, and a link for whoever asked; both end.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLinkArchive } from "@/api/cdp";
import { refresh } from "@/api/queries";
import type { Schemas } from "@/api/schemas";
import { formatBytes } from "@/lib/bytes";
import { Act } from "@/ui/Act";
import { useRefusal } from "@/ui/scopes";
import { Copied } from "@/ui/Secret";
import { Time } from "@/ui/Time";
import { REGISTER } from "./refused";

/** The buttons, and the link that was just made: it is told once, and gone when this page is left. */
export function TakeArchive({ id }: { readonly id: number }) {
  const link = useLinkArchive();
  const queries = useQueryClient();
  const refusal = useRefusal(link.scopes);
  const [made, setMade] = useState<Schemas["ArchiveLinkView"] | null>(null);
  const make = async () => {
    try {
      return await link.mutateAsync({ params: { path: { id } } });
    } catch (error) {
      await refresh(queries, REGISTER); // it may be gone by now
      throw error;
    }
  };
  return (
    <div className="mb-4 grid gap-3">
      <p className="flex flex-wrap gap-2">
        <Act
          name="Download…"
          title={`Download the archive of request ${id}`}
          verb="Download"
          look="main"
          done="The archive is being downloaded."
          hasReason={false}
          refusal={refusal}
          effect={
            <p>
              A link is made and followed at once; the audit log has both. The file holds{" "}
              <b>all that is held of the person, in clear</b>: nothing here deletes your copy.
            </p>
          }
          act={async () => load((await make()).path)}
        />
        <Act
          name="Make a link…"
          title={`Make a link to the archive of request ${id}`}
          verb="Make a link"
          done="The link is made."
          hasReason={false}
          refusal={refusal}
          effect={
            <p>
              <b>Whoever has the link downloads the archive without a key</b>, until it ends. Give
              it to nobody but the person. Making it and every download are in the audit log.
            </p>
          }
          act={async () => setMade(await make())}
        />
      </p>
      {made !== null && (
        <div className="grid gap-2 rounded-card border border-line p-3">
          <p role="status">
            <b>Copy this link now.</b> It is not shown again. It leads to{" "}
            {formatBytes(made.size_bytes)} and ends <Time at={made.expires_at} form="clock" />.
          </p>
          <Copied name="link" text={new URL(made.path, location.origin).href} />
        </div>
      )}
      <p className="text-note text-quiet">
        On the command line: <code className="break-all">stratum privacy link {id}</code>
      </p>
    </div>
  );
}

/** Have the browser load a file, as a press on its link would. */
function load(path: string): void {
  const anchor = document.createElement("a");
  anchor.href = path;
  anchor.download = "";
  anchor.click();
}
