// What publishing would do: who enters and leaves, and what the gate would say to audiences.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { formatInterval } from "@/lib/number";
import { codeText } from "@/trust/codes";
import { Verdict } from "@/ui/State";
import type { Preview } from "./usePreview";

/** The effects of a rule against what is live. */
export function Effects({ preview }: { readonly preview: Preview }) {
  const { versus_live: versus, audiences } = preview;
  return (
    <div className="grid gap-2">
      {versus !== null && (
        <p>
          <b>{formatInterval(versus.enter)}</b> would enter, <b>{formatInterval(versus.leave)}</b>{" "}
          would leave.
        </p>
      )}
      {audiences.length > 0 && (
        <ul aria-label="Effect on audiences" className="grid gap-2">
          {audiences.map((audience) => (
            <AudienceEffect key={audience.id} audience={audience} />
          ))}
        </ul>
      )}
      {versus !== null && audiences.length === 0 && (
        <p className="text-quiet">No audience follows it: nothing is sent anywhere.</p>
      )}
    </div>
  );
}

function AudienceEffect({ audience }: { readonly audience: Schemas["PreviewedAudience"] }) {
  return (
    <li className="rounded-card border border-line p-3">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <Link to="/cdp/audience-sync/$id" params={{ id: String(audience.id) }}>
          {audience.name}
        </Link>
        <span className="text-quiet">{audience.platform}</span>
        <span className="ml-auto">
          the gate, of a push of this size: <Verdict verdict={audience.verdict} />
        </span>
      </p>
      <p>
        adds {formatInterval(audience.adds)}, removes {formatInterval(audience.removes)}
      </p>
      {[...new Set(audience.codes)].map((code) => (
        <p key={code} className="text-quiet">
          {codeText(code).name}: {codeText(code).meaning}
        </p>
      ))}
    </li>
  );
}
