// Tab: what a person allows; whatever was never stated is refused.
import type { Schemas } from "@/api/schemas";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { ConsentHistory } from "./ConsentHistory";
import { usePurposes } from "./purposes";
import { StateConsent } from "./StateConsent";
import { EVERY } from "./stating";

type State = Schemas["ConsentState"];

/** The statement that counts for each purpose, with its instant. */
export function Consent({ profile }: { readonly profile: Schemas["Profile"] }) {
  const purposes = usePurposes(Object.keys(profile.consent));
  const all = profile.consent[EVERY];
  const rows: [string, State | undefined][] = purposes.map((purpose) => [
    purpose,
    profile.consent[purpose],
  ]);
  return (
    <>
      <Card title="Consent">
        {all !== undefined && (
          <p className="mb-3">
            Every purpose was {all.granted ? "granted" : "refused"} <Time at={all.at} />; later
            statements about one purpose count for it.
          </p>
        )}
        {rows.length === 0 ? (
          <p className="text-quiet">
            Nothing was stated, and no segment names a purpose: everything counts as refused.
          </p>
        ) : (
          <Table
            caption="Consent by purpose"
            rows={rows}
            keyOf={([purpose]) => purpose}
            columns={[
              { name: "purpose", cell: ([purpose]) => purpose },
              { name: "counts as", cell: ([, state]) => <Answered state={state} /> },
              {
                name: "stated",
                cell: ([, state]) => <Time at={state?.at} none="never" />,
              },
            ]}
          />
        )}
        <p className="mt-3 text-table text-quiet">
          A purpose that is not listed was never stated and counts as refused.
        </p>
        <StateConsent profile={profile} />
      </Card>
      <ConsentHistory profile={profile.id} />
    </>
  );
}

function Answered({ state }: { readonly state: State | undefined }) {
  const isGranted = state?.granted ?? false;
  return (
    <span className="inline-flex items-baseline gap-1 [&>svg]:self-center">
      <Icon name={isGranted ? "check" : "cross"} />
      {isGranted ? "granted" : state === undefined ? "refused (never stated)" : "refused"}
    </span>
  );
}
