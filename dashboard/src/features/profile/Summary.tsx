// Tab: a person in figures.
import type { ReactNode } from "react";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { formatSpan } from "@/lib/time";
import { Card } from "@/ui/Card";
import { Mask } from "@/ui/Mask";
import { Time } from "@/ui/Time";
import { Revenue } from "./PeopleTable";
import { Value } from "./Value";

type Profile = Schemas["Profile"];

/** First and last seen, purchases, visits, RFM, events by type, groups. */
export function Summary({ profile }: { readonly profile: Profile }) {
  const { rfm, sessions } = profile;
  return (
    <>
      <Card title="Summary">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 md:grid-cols-3">
          <Fact name="First seen">
            <Time at={profile.first_seen_at} />
          </Fact>
          <Fact name="Last seen">
            <Time at={profile.last_seen_at} />
          </Fact>
          <Fact name="Stage">{profile.stage}</Fact>
          <Fact name="Orders">{formatCount(profile.orders)}</Fact>
          <Fact name="Revenue">
            <Revenue revenue={profile.revenue} />
          </Fact>
          <Fact name="First and last order">
            <Time at={profile.first_order_at} none="none" /> ·{" "}
            <Time at={profile.last_order_at} none="none" />
          </Fact>
          <Fact name="RFM">
            {rfm === null ? (
              <span className="text-quiet">not scored</span>
            ) : (
              <>
                {rfm.segment}{" "}
                <span className="text-quiet">
                  recency {rfm.recency}, frequency {rfm.frequency}, monetary {rfm.monetary} of 5
                </span>
              </>
            )}
          </Fact>
          <Fact name="Visits">
            {formatCount(sessions.count)}
            {sessions.count > 0 && (
              <span className="text-quiet">
                , {formatSpan(sessions.total_duration_s / sessions.count)} on average
              </span>
            )}
          </Fact>
          <Fact name="Last visit">
            <Time at={sessions.last_started_at} />
          </Fact>
        </dl>
      </Card>
      <EventCounts events={profile.events} />
      {profile.groups.length > 0 && <Groups groups={profile.groups} />}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-table text-quiet">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}

const MOST = 12;

function EventCounts({ events }: { readonly events: Profile["events"] }) {
  const names = Object.entries(events.by_name).toSorted(([, one], [, other]) => other - one);
  const types = Object.entries(events.by_type).toSorted(([, one], [, other]) => other - one);
  return (
    <Card
      title="Events"
      aside={<span className="text-quiet">{formatCount(events.total)} in all</span>}
    >
      {events.total === 0 ? (
        <p className="text-quiet">None.</p>
      ) : (
        <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
          <Counts name="by type" counts={types} />
          <Counts name="by name" counts={names.slice(0, MOST)} more={names.length - MOST} />
        </div>
      )}
    </Card>
  );
}

interface CountsProps {
  readonly name: string;
  readonly counts: readonly (readonly [string, number])[];
  readonly more?: number;
}

function Counts({ name, counts, more = 0 }: CountsProps) {
  return (
    <div className="min-w-0">
      <h3 className="text-table text-quiet">{name}</h3>
      <ul>
        {counts.map(([each, count]) => (
          <li key={each} className="flex justify-between gap-4 border-b border-line py-1">
            <span className="min-w-0 break-words">{each}</span>
            <span>{formatCount(count)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="mt-1 text-note text-quiet">and {formatCount(more)} more</p>}
    </div>
  );
}

function Groups({ groups }: { readonly groups: Profile["groups"] }) {
  return (
    <Card title="Groups">
      <ul className="grid gap-2">
        {groups.map((group) => (
          <li key={group.id} className="flex flex-wrap gap-x-3">
            <Mask value={group.id} />
            <Value value={group.traits} />
            <span className="text-quiet">
              <Time at={group.at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
