// One person, over the list or on a page of their own: head, tabs, and what the chosen tab shows.
import { Link } from "@tanstack/react-router";
import { useCDPProfile } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer } from "@/ui/Answer";
import { Tabs } from "@/ui/Tabs";
import { TABS, type ProfileTab } from "./address";
import { useProfileAddress } from "./addressing";
import { Audiences } from "./Audiences";
import { Changes } from "./Changes";
import { Consent } from "./Consent";
import { Events } from "./Events";
import { Identity } from "./Identity";
import { PersonHead } from "./PersonHead";
import { Segments } from "./Segments";
import { Summary } from "./Summary";
import { Traits } from "./Traits";

type Profile = Schemas["Profile"];

/** Everything that is known of a person. */
export function Person({ id }: { readonly id: string }) {
  const profile = useCDPProfile({ params: { path: { id } } });
  const [{ tab = "summary" }] = useProfileAddress();
  return (
    <Answer asked={profile} name="profile" height="30rem">
      {(data) => (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {data.redirected_from !== null && <Redirected into={data.id} />}
          {data.truncated && (
            <p role="note" className="rounded-card border border-degraded p-3">
              Truncated: this person has more event names, traits or groups than are kept; the
              others were left out.
            </p>
          )}
          <PersonHead profile={data} />
          <Tabs label="Parts of this profile" tabs={TABS} current={tab} />
          <Part tab={tab} profile={data} />
        </div>
      )}
    </Answer>
  );
}

function Part({ tab, profile }: { readonly tab: ProfileTab; readonly profile: Profile }) {
  switch (tab) {
    case "summary":
      return <Summary profile={profile} />;
    case "traits":
      return <Traits profile={profile} />;
    case "events":
      return <Events profile={profile} />;
    case "segments":
      return <Segments profile={profile.id} />;
    case "consent":
      return <Consent profile={profile} />;
    case "audiences":
      return <Audiences profile={profile} />;
    case "identity":
      return <Identity profile={profile} />;
    case "changes":
      return <Changes profile={profile} />;
  }
}

function Redirected({ into }: { readonly into: string }) {
  return (
    <p role="status" className="rounded-card border border-line bg-surface p-3">
      The person at this address was merged into{" "}
      <Link to="/cdp/profiles/$id" params={{ id: into }} className="underline">
        another one
      </Link>
      , who is shown here.{" "}
      <Link to="/cdp/identity/$id" params={{ id: into }} className="underline">
        Why they were merged
      </Link>
    </p>
  );
}
