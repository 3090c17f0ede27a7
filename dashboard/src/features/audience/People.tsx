// Tab: who is on the list, who is on their way, and why a member is not there.
import { getRouteApi } from "@tanstack/react-router";
import { useAudiencePeople } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import {
  LIST_REASONS,
  LIST_STATES,
  Listing,
  type ListReason,
  type ListState,
} from "@/trust/listed";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { Dialog } from "@/ui/Dialog";
import { MaskSwitch } from "@/ui/Mask";
import { PersonLink } from "@/ui/PersonLink";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Why } from "@/why/Why";
import type { AudienceSearch } from "./address";

const route = getRouteApi("/frame/cdp/audience-sync/$id");
type Person = Schemas["AudiencePerson"];
const STATES = Object.keys(LIST_STATES) as ListState[];
const REASONS = Object.keys(LIST_REASONS) as ListReason[];

/** The people of an audience, by where they stand and what decides it. */
export function People({ audience }: { readonly audience: Schemas["AudienceView"] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: AudienceSearch) =>
    void navigate({ search: (earlier) => ({ ...earlier, ...next }), replace: true });
  const state = STATES.find((each) => each === search.state);
  const reason = REASONS.find((each) => each === search.reason);
  const people = useAudiencePeople({
    params: {
      path: { id: audience.id },
      query: {
        limit: 50,
        ...(state !== undefined && { state }),
        ...(reason !== undefined && { reason }),
      },
    },
  });
  const { person } = search;
  return (
    <Card
      title="People"
      aside={
        <span className="flex flex-wrap items-center gap-3">
          <Choice
            label="Who"
            value={state}
            any={reason === undefined ? "listed or on their way" : "listed or not"}
            options={STATES.map((each) => [
              each,
              each === "not_on_the_list" ? "members who are not listed" : LIST_STATES[each].words,
            ])}
            onChange={(next) => change({ state: next })}
          />
          <Choice
            label="Because"
            value={reason}
            any="whatever decides"
            options={REASONS.map((each) => [each, LIST_REASONS[each]])}
            onChange={(next) => change({ reason: next })}
          />
          <MaskSwitch />
        </span>
      }
    >
      <Answer
        asked={people}
        name="people"
        height="16rem"
        empty={(data) => {
          if (rowsOf(data).length > 0 || people.hasNextPage) return undefined;
          return state === undefined && reason === undefined ? (
            <Empty title="Nobody is on the list, or on their way to it">
              Members come with a push that the gate lets pass.{" "}
              <Button look="bare" onClick={() => change({ state: "not_on_the_list" })}>
                Members who are not listed
              </Button>
            </Empty>
          ) : (
            <Empty title="Nobody stands there">
              <Button look="bare" onClick={() => change({ state: undefined, reason: undefined })}>
                Clear filters
              </Button>
            </Empty>
          );
        }}
      >
        {(data) => (
          <Table<Person>
            caption="People of the audience"
            rows={rowsOf(data)}
            keyOf={(row) => row.profile_id}
            isCurrent={(row) => row.profile_id === person}
            more={people}
            columns={[
              {
                name: "person",
                cell: (row) => (
                  <PersonLink
                    profile={row.profile_id}
                    identifiers={row.person?.identifiers ?? []}
                  />
                ),
              },
              { name: "state", from: "sm", cell: (row) => <Listing state={row.state} /> },
              { name: "the person", cell: (row) => LIST_REASONS[row.reason] },
              {
                name: "in the segment",
                from: "md",
                cell: (row) => (row.member_since === null ? "no" : <Time at={row.member_since} />),
              },
              {
                name: "confirmed",
                from: "md",
                cell: (row) => <Time at={row.confirmed_at} none="not" />,
              },
              {
                name: "reason",
                cell: (row) => (
                  <Button
                    look="bare"
                    className="min-h-7 px-2 text-table whitespace-nowrap"
                    onClick={() => change({ person: row.profile_id })}
                  >
                    why ›
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Answer>
      <Dialog
        form="sheet"
        title={`Why in “${audience.segment}”, or not?`}
        isOpen={person !== undefined}
        onClose={() => change({ person: undefined })}
      >
        {person !== undefined && (
          <Why key={person} profile={person} segment={audience.segment_id} />
        )}
      </Dialog>
    </Card>
  );
}
