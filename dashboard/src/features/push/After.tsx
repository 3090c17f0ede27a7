// The last step: later decisions of the same audience, up to the one that passed; who was told.
import { Link } from "@tanstack/react-router";
import { useDecisions } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Answer } from "@/ui/Answer";
import { Verdict } from "@/ui/State";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Step } from "./Step";

type Decision = Schemas["DecisionView"];
const MOST = 20;

interface Props {
  readonly decision: Decision;
  readonly audience: Schemas["AudienceView"] | undefined;
}

/** What became of it afterwards. */
export function After({ decision, audience }: Props) {
  const later = useDecisions(
    {
      params: {
        query: {
          ...(decision.audience_id !== null && { audience: decision.audience_id }),
          limit: 200,
        },
      },
    },
    { enabled: decision.audience_id !== null },
  );
  return (
    <Step number={9} title="Before and afterwards">
      <BeforeAndAfter decision={decision} audience={audience} />
      {decision.alert_ids.length > 0 && (
        <p>
          Told by{" "}
          {decision.alert_ids.map((id) => (
            <Link key={id} to="/trust/alerts/$id" params={{ id: String(id) }} className="mr-2">
              alert {id}
            </Link>
          ))}
        </p>
      )}
      <Answer asked={later} name="later decisions" height="4rem">
        {(data) => <Later decisions={upToPass(rowsOf(data), decision)} />}
      </Answer>
    </Step>
  );
}

function BeforeAndAfter({ decision: { size, push_id }, audience }: Props) {
  if (size === null && audience === undefined) return null;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      {size !== null && (
        <>
          <dt className="text-quiet">listed before</dt>
          <dd>{formatCount(size.before)}</dd>
          <dt className="text-quiet">{push_id === null ? "it would have been" : "as planned"}</dt>
          <dd>{formatCount(size.before + size.adds - size.removes)}</dd>
        </>
      )}
      {audience !== undefined && (
        <>
          <dt className="text-quiet">confirmed now</dt>
          <dd>
            {formatCount(audience.members)}
            {audience.pending > 0 && `, ${formatCount(audience.pending)} pending`}
            {audience.refused > 0 && `, ${formatCount(audience.refused)} refused`}
          </dd>
        </>
      )}
    </dl>
  );
}

function Later({ decisions }: { readonly decisions: readonly Decision[] }) {
  if (decisions.length === 0)
    return <p className="text-quiet">No later decision of this audience.</p>;
  return (
    <ul className="grid gap-1">
      {decisions.map((each) => (
        <li key={each.id} className="flex flex-wrap gap-x-3">
          <Verdict verdict={each.verdict} />
          <Link to="/trust/decisions/$id" params={{ id: String(each.id) }}>
            decision {each.id}
          </Link>
          <Time at={each.decided_at} form="clock" />
        </li>
      ))}
    </ul>
  );
}

/** Decisions after one, oldest first, up to and with the first that passed. */
function upToPass(newestFirst: readonly Decision[], decision: Decision): Decision[] {
  const later = newestFirst.filter((each) => each.id > decision.id).toReversed();
  const passed = later.findIndex((each) => each.verdict === "pass");
  return later.slice(0, passed === -1 ? MOST : Math.min(MOST, passed + 1));
}
