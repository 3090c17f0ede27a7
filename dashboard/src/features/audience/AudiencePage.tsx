// One audience: did it go out, to whom, if not why, when next?
import { Link } from "@tanstack/react-router";
import { useAudience } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { formatSpan } from "@/lib/time";
import { Answer } from "@/ui/Answer";
import { Figure } from "@/ui/Figure";
import { Page } from "@/ui/Page";
import { Verdict } from "@/ui/State";
import { Tabs } from "@/ui/Tabs";
import { Acts } from "./Acts";
import { TABS, type AudienceTab } from "./address";
import { Next } from "./AudienceTable";
import { History } from "./History";
import { MatchRate } from "./MatchRate";
import { NextPush } from "./NextPush";
import { People } from "./People";
import { Settings } from "./Settings";

interface Props {
  readonly id: number;
  readonly tab: AudienceTab;
}

/** The page of an audience. */
export function AudiencePage({ id, tab }: Props) {
  const audience = useAudience({ params: { path: { id } } });
  const { data } = audience;
  return (
    <Page
      title={data?.name ?? `Audience ${id}`}
      place="Audience Sync"
      lead={data && <Lead audience={data} />}
      acts={data && <Acts audience={data} />}
    >
      <Answer asked={audience} name="audience" height="24rem">
        {(found) => (
          <div className="grid gap-4">
            <div className="grid grid-cols-[repeat(auto-fit,minmax(9rem,1fr))] gap-4">
              <Figure name="On the list" value={found.members} />
              <Figure name="Pending" value={found.pending} />
              <Figure name="Removals waiting" value={found.leaving} />
              <Figure name="Refused" value={found.refused} />
              <div className="rounded-card border border-line bg-surface p-4">
                <p className="text-table text-quiet">Next push</p>
                <p className="text-lead">
                  <Next audience={found} />
                </p>
                {found.gate !== null && <Verdict verdict={found.gate.verdict} />}
              </div>
            </div>
            <Tabs label={`Parts of ${found.name}`} tabs={TABS} current={tab} />
            {tab === "next" && <NextPush audience={found} />}
            {tab === "history" && <History id={id} />}
            {tab === "match" && <MatchRate id={id} />}
            {tab === "people" && <People audience={found} />}
            {tab === "settings" && <Settings audience={found} />}
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Lead({ audience }: { readonly audience: Schemas["AudienceView"] }) {
  return (
    <>
      {audience.platform}, follows{" "}
      <Link to="/cdp/segments/$id" params={{ id: String(audience.segment_id) }}>
        {audience.segment}
      </Link>{" "}
      {audience.interval_s === 0 ? "at once" : `every ${formatSpan(audience.interval_s)}`}
      {audience.ttl_s !== null && `, ${formatSpan(audience.ttl_s)} at most`}
      {audience.holdout_percent > 0 && `, ${formatCount(audience.holdout_percent)} % held out`}
    </>
  );
}
