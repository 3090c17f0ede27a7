// /dashboard/trust/audit: who did what, and the proof that nothing was changed afterwards.
import { getRouteApi } from "@tanstack/react-router";
import { AuditList, queryOf } from "@/features/audit/AuditList";
import { Verify } from "@/features/audit/Verify";
import { useMinute } from "@/ui/clock";
import { Page } from "@/ui/Page";

const route = getRouteApi("/frame/trust/audit");

/** The audit log. */
export function Audit() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = new URLSearchParams(queryOf(search, useMinute())).toString();
  return (
    <Page
      title="Audit"
      lead="Every decision and every act, in a chain of hashes: an entry that is changed or gone is noticed."
      acts={
        <a href={`/cdp/audit/export?${query}`} download="audit.ndjson" className="self-center">
          Export these entries (NDJSON)
        </a>
      }
    >
      <Verify />
      <AuditList
        key={JSON.stringify(search)}
        search={search}
        onSearch={(next) => void navigate({ search: next })}
      />
    </Page>
  );
}
