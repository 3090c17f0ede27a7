// One segment: who is in, how it moves, and is it safe to change?
import { getRouteApi } from "@tanstack/react-router";
import { useSegment, useSegmentSizes } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatMoves, formatEstimate, formatShare } from "@/lib/number";
import { Answer } from "@/ui/Answer";
import { Page } from "@/ui/Page";
import { Tabs } from "@/ui/Tabs";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import type { TabName } from "./address";
import { Building } from "./Building";
import { Changes } from "./Changes";
import { Members } from "./Members";
import { Movement } from "./Movement";
import { RuleTab } from "./RuleTab";
import { SegmentActs } from "./SegmentActs";
import { SegmentAudiences } from "./SegmentAudiences";
import { SegmentState } from "./SegmentState";
import { Versions } from "./Versions";
import { WhySheet } from "./WhySheet";

const route = getRouteApi("/frame/cdp/segments/$id");
const TABS: Readonly<Record<TabName, string>> = {
  rule: "Rule",
  members: "Members",
  movement: "Movement",
  changes: "Entries and exits",
  versions: "Versions",
  audiences: "Audiences",
};
type Segment = Schemas["SegmentView"];

/** The page of a segment. */
export function SegmentPage({ id }: { readonly id: number }) {
  const { tab = "rule" } = route.useSearch();
  const segment = useSegment({ params: { path: { id } } });
  return (
    <Page
      title={segment.data?.name ?? "Segment"}
      place="Segments"
      lead={segment.data?.description || undefined}
      acts={segment.data === undefined ? undefined : <SegmentActs segment={segment.data} />}
    >
      <Answer asked={segment} name="segment" height="20rem">
        {(data) => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            <Facts segment={data} />
            <Building segment={id} />
            <Tabs label="Parts of the segment" tabs={TABS} current={tab} />
            <section
              aria-label={TABS[tab]}
              className="min-w-0 rounded-card border border-line bg-surface p-4"
            >
              <Tab segment={data} tab={tab} />
            </section>
            <WhySheet segment={id} />
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Facts({ segment }: { readonly segment: Segment }) {
  const sizes = useSegmentSizes({ params: { query: { segment: [segment.id] } } });
  const [size] = sizes.isPlaceholderData ? [] : rowsOf(sizes.data);
  return (
    <p className="flex flex-wrap items-baseline gap-x-6 gap-y-1">
      <SegmentState segment={segment} />
      <span>version {segment.version === 0 ? "–" : segment.version}</span>
      <span>
        <b>
          {segment.version === 0
            ? "–"
            : formatEstimate(segment.members.value, segment.members.exact)}
        </b>{" "}
        members
      </span>
      {size !== undefined && <span>{formatMoves(size.entries, size.exits)} in 24 h</span>}
      {size?.volatility !== undefined && size.volatility !== null && (
        <span>volatility {formatShare(size.volatility)}</span>
      )}
      <span className="text-quiet">
        changed <Time at={segment.updated_at} />
      </span>
    </p>
  );
}

function Tab({ segment, tab }: { readonly segment: Segment; readonly tab: TabName }) {
  switch (tab) {
    case "rule":
      return <RuleTab segment={segment} />;
    case "members":
      return <Members segment={segment.id} />;
    case "movement":
      return <Movement segment={segment.id} />;
    case "changes":
      return <Changes segment={segment.id} />;
    case "versions":
      return <Versions segment={segment} />;
    case "audiences":
      return <SegmentAudiences segment={segment.id} />;
  }
}
