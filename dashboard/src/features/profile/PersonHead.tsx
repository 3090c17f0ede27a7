// Who somebody is, in one line: masked name, stage and when it changes, identifiers.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { plural } from "@/lib/number";
import { Icon } from "@/ui/Icon";
import { Mask, MaskSwitch } from "@/ui/Mask";
import { Time } from "@/ui/Time";
import { whoOf } from "./people";

/** The head of a profile. */
export function PersonHead({ profile }: { readonly profile: Schemas["Profile"] }) {
  const who = whoOf(profile.identifiers);
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <p className="min-w-0 text-lead font-[650]">
        {who === undefined ? "Nobody named" : <Mask value={who.value} />}
      </p>
      <p>
        {profile.stage}
        {profile.stage_changes_at !== null && (
          <span className="text-quiet">
            , changes <Time at={profile.stage_changes_at} /> if nothing happens
          </span>
        )}
      </p>
      {profile.restricted !== null && (
        <p className="inline-flex items-center gap-1 text-degraded">
          <Icon name="square" />
          restricted since <Time at={profile.restricted.since} />: kept, and used for nothing
        </p>
      )}
      <Link
        to="/cdp/identity/$id"
        params={{ id: profile.id }}
        className="inline-flex min-h-6 items-center"
      >
        {plural(profile.identifiers.length, "identifier", "identifiers")}
      </Link>
      <span className="ml-auto">
        <MaskSwitch />
      </span>
    </header>
  );
}
