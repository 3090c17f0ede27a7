// One event: whose, when, what it says as a tree or as the record itself, and what it did.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useEventsAt, useSources } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { maskPayload } from "@/lib/payload";
import { Answer, Empty } from "@/ui/Answer";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { JsonTree } from "@/ui/JsonTree";
import { useMasked } from "@/ui/Mask";
import { Time } from "@/ui/Time";
import { useAskedEvents } from "./asked";
import { lateness, Who } from "./EventRows";
import { Followed } from "./Followed";
import { sourceName } from "./sources";

type FeedEvent = Schemas["FeedEvent"];

/** The panel of the event that the address names. */
export function EventPanel() {
  const { search, change } = useAskedEvents();
  const { event: id, at } = search;
  const received = at === undefined ? Number.NaN : Date.parse(at);
  // There is no address of a single event: those of its instant are read.
  const found = useEventsAt(
    {
      params: {
        query: {
          since: at ?? null,
          until: new Date((received || 0) + 2).toISOString(),
          limit: 200,
        },
      },
    },
    { enabled: id !== undefined && at !== undefined },
  );
  if (id === undefined || at === undefined) return null;
  const pick = (items: readonly FeedEvent[]) => items.find((each) => each.id === id);
  return (
    <Card
      title="Event"
      className="max-lg:order-first lg:sticky lg:top-16 lg:max-h-[calc(100dvh-5rem)] lg:overflow-y-auto"
      aside={
        <Button
          look="bare"
          aria-label="Close the event"
          onClick={() => change({ event: undefined, at: undefined })}
        >
          <Icon name="cross" />
        </Button>
      }
    >
      <Answer
        asked={found}
        name="event"
        height="20rem"
        empty={({ items }) =>
          pick(items) === undefined ? (
            <Empty title="There is no such event">
              It may have been erased, or belong to another workspace.
            </Empty>
          ) : undefined
        }
      >
        {({ items }) => {
          const event = pick(items);
          return event && <Detail event={event} />;
        }}
      </Answer>
    </Card>
  );
}

function Detail({ event }: { readonly event: FeedEvent }) {
  const sources = useEvery(useSources({ params: { query: { limit: 200 } } })).rows;
  return (
    <div className="grid gap-4">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-table">
        <dt className="text-quiet">What</dt>
        <dd className="break-words">
          {event.type} <b>{event.name}</b>
        </dd>
        <dt className="text-quiet">Who</dt>
        <dd>
          <Who event={event} />{" "}
          {event.profile_id !== null && (
            <Link to="/cdp/profiles/$id" params={{ id: event.profile_id }}>
              profile
            </Link>
          )}
        </dd>
        <dt className="text-quiet">Source</dt>
        <dd>{sourceName(sources, event.source_id)}</dd>
        <dt className="text-quiet">Happened</dt>
        <dd>
          <Time at={event.occurred_at} form="clock" />
          {event.from_the_future && " – the client's clock ran ahead; arrival counts instead"}
        </dd>
        <dt className="text-quiet">Received</dt>
        <dd>
          <Time at={event.received_at} form="clock" />, late by {lateness(event)}
        </dd>
        <dt className="text-quiet">Message id</dt>
        <dd className="break-all">{event.message_id ?? "none was sent"}</dd>
      </dl>
      <Record record={event.payload} />
      <Followed event={event} />
    </div>
  );
}

function Record({ record }: { readonly record: unknown }) {
  const [isRaw, setRaw] = useState(false);
  const isMasked = useMasked();
  const kinds = useWorkspace().data?.kinds.map(({ kind }) => kind) ?? [];
  const announce = useAnnounce();
  const shown = isMasked ? maskPayload(record, kinds) : record;
  const text = JSON.stringify(shown, null, 2);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    announce(isMasked ? "Copied, with masked identifiers." : "Copied.");
  };
  return (
    <section aria-label="Record">
      <p className="mb-2 flex flex-wrap gap-2">
        <Button aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
          Raw
        </Button>
        <Button
          onClick={() => {
            copy().catch(() => announce("The browser does not allow copying."));
          }}
        >
          Copy
        </Button>
      </p>
      {isRaw ? (
        <pre
          // A region that scrolls must take the keyboard's focus.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          className="max-h-96 overflow-auto rounded-control border border-line p-2 text-note"
        >
          {text}
        </pre>
      ) : (
        <div className="text-table">
          <JsonTree value={shown} />
        </div>
      )}
    </section>
  );
}
