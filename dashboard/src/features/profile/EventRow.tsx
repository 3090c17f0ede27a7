// One event of a timeline; its record is shown on demand.
import type { Schemas } from "@/api/schemas";
import { timeOfDay } from "@/lib/days";
import { formatInstant } from "@/lib/time";
import { Button } from "@/ui/Button";
import { Mask } from "@/ui/Mask";
import { Time } from "@/ui/Time";
import { useZone } from "@/ui/zone";
import { useProfileAddress } from "./addressing";
import { useSourceName } from "./sourceName";
import { Raw } from "./Value";

/** Time of day, name, source; below it the record as it was received. */
export function EventRow({ event }: { readonly event: Schemas["EventView"] }) {
  const [search, change] = useProfileAddress();
  const zone = useZone();
  const sourceName = useSourceName();
  const isOpen = search.event === event.id;
  const title = event.name === "" ? event.type : event.name;
  return (
    <li className="border-b border-line py-1">
      <div className="flex flex-wrap items-center gap-x-3">
        <time
          dateTime={event.occurred_at}
          title={formatInstant(event.occurred_at, zone)}
          className="text-quiet"
        >
          {timeOfDay(event.occurred_at, zone)}
        </time>
        <span className="min-w-0 break-words">{title}</span>
        <span className="text-quiet">
          {event.name === "" ? "" : `${event.type} · `}
          {sourceName(event.source_id)}
        </span>
        {event.from_the_future && (
          <span className="text-degraded">the client’s clock ran ahead</span>
        )}
        <Button
          look="bare"
          className="ml-auto min-h-8"
          aria-expanded={isOpen}
          aria-label={`Record of ${title} at ${timeOfDay(event.occurred_at, zone)}`}
          onClick={() => change({ event: isOpen ? undefined : event.id })}
        >
          {isOpen ? "Hide record" : "Record"}
        </Button>
      </div>
      {isOpen && (
        <div className="grid gap-2 py-2">
          <p className="text-table text-quiet">
            Received <Time at={event.received_at} form="clock" />
            {event.message_id !== null && (
              <>
                , message <Mask value={event.message_id} />
              </>
            )}
          </p>
          <Raw value={event.payload} name={`Record of ${title}`} />
        </div>
      )}
    </li>
  );
}
