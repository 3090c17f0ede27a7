// Where something stands in the audit log: its number there, as a link.
import { Link } from "@tanstack/react-router";
import { useAudit } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { rowsOf } from "@/ui/Table";

type Entry = Schemas["AuditEntry"];
const AROUND_MS = 60_000;

interface Props {
  readonly subject: string;
  readonly action?: string;
  /** Around when it was recorded. */
  readonly at?: string;
  /** Which of the entries about the subject. */
  readonly is?: (entry: Entry) => boolean;
}

/** "audit 1,204", or nothing while it is looked up or where it is not found. */
export function Recorded({ subject, action, at, is = () => true }: Props) {
  const entries = useAudit({
    params: {
      query: {
        subject,
        limit: 200,
        ...(action !== undefined && { action }),
        ...(at !== undefined && {
          since: new Date(Date.parse(at) - AROUND_MS).toISOString(),
          until: new Date(Date.parse(at) + AROUND_MS).toISOString(),
        }),
      },
    },
  });
  const entry = rowsOf(entries.data).find(is);
  if (entry?.seq === undefined || entry.seq === null) return null;
  return (
    <Link
      to="/trust/audit"
      search={{ subject, ...(action !== undefined && { action }) }}
      className="inline-block min-h-6"
    >
      audit {formatCount(entry.seq)}
    </Link>
  );
}

/** Where a decision is recorded. */
export function DecisionRecord({ decision }: { readonly decision: Schemas["DecisionView"] }) {
  return (
    <Recorded
      subject={decision.destination}
      action="decision"
      at={decision.decided_at}
      is={({ detail }) =>
        typeof detail === "object" &&
        detail !== null &&
        "decision_id" in detail &&
        detail.decision_id === decision.id
      }
    />
  );
}
