// Tab: a person's events by day, newest first.
import { useProfileEvents } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { byDay, formatDay } from "@/lib/days";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Choice } from "@/ui/Choice";
import { LoadMore } from "@/ui/LoadMore";
import { rowsOf } from "@/ui/Table";
import { useZone } from "@/ui/zone";
import { useProfileAddress } from "./addressing";
import { EventRow } from "./EventRow";

type Profile = Schemas["Profile"];

/** The timeline, by type and name. */
export function Events({ profile }: { readonly profile: Profile }) {
  const [{ type, name }, change] = useProfileAddress();
  const zone = useZone();
  const events = useProfileEvents({
    params: {
      path: { id: profile.id },
      query: {
        limit: 50,
        ...(type !== undefined && { type }),
        ...(name !== undefined && { name }),
      },
    },
  });
  const isFiltered = type !== undefined || name !== undefined;
  return (
    <Card
      title="Events"
      aside={
        <span className="flex flex-wrap gap-3">
          <Choice
            label="Type"
            value={type}
            options={optionsOf(Object.keys(profile.events.by_type), type)}
            onChange={(next) => change({ type: next, name: undefined, event: undefined })}
          />
          <Choice
            label="Name"
            value={name}
            options={optionsOf(namesOf(profile, type), name)}
            onChange={(next) => change({ name: next, event: undefined })}
          />
        </span>
      }
    >
      <Answer
        asked={events}
        name="events"
        height="24rem"
        oldAfterS={600}
        empty={(data) => {
          if (rowsOf(data).length > 0) return undefined;
          return (
            <Empty title={isFiltered ? "No event matches these filters" : "No event"}>
              {isFiltered ? (
                <button
                  type="button"
                  className="min-h-6 underline"
                  onClick={() => change({ type: undefined, name: undefined })}
                >
                  Clear filters
                </button>
              ) : (
                "Its events may be older than what is kept."
              )}
            </Empty>
          );
        }}
      >
        {(data) => (
          <>
            {byDay(rowsOf(data), (event) => event.occurred_at, zone).map(({ day, items }) => (
              <section key={day} aria-label={formatDay(day)} className="mb-4">
                <h3 className="border-b border-line py-1 text-table text-quiet">
                  {formatDay(day)}
                </h3>
                <ul>
                  {items.map((event) => (
                    <EventRow key={event.id} event={event} />
                  ))}
                </ul>
              </section>
            ))}
            <LoadMore more={events} />
          </>
        )}
      </Answer>
    </Card>
  );
}

/** Names that this person's events have, of one type or of all. */
function namesOf(profile: Profile, type: string | undefined): string[] {
  const names = Object.keys(profile.events.by_name).flatMap((key) => {
    const at = key.indexOf(":");
    return type === undefined || key.slice(0, at) === type ? [key.slice(at + 1)] : [];
  });
  return [...new Set(names)].filter((name) => name !== "");
}

/** Options in the order of the alphabet; what is chosen is always one of them. */
function optionsOf(names: readonly string[], chosen: string | undefined): [string, string][] {
  const all = new Set(chosen === undefined ? names : [...names, chosen]);
  return [...all].toSorted().map((name) => [name, name]);
}
