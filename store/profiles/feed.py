"""Reads all events of a workspace, newest received first.

One index orders them, and filters are checked event by event. So that a rare name over a long range
cannot scan for ever, a page looks at a limited number of events and says where it stopped.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from store.fetch import Pool, fetch
from store.profiles.events import StoredEvent


@dataclass(frozen=True)
class FeedParams:
    """How much one page of the feed may cost.

    Attributes:
        look_at: events that are looked at for one page, whether they match or not.
    """

    look_at: int = 50_000

    def __post_init__(self) -> None:
        if self.look_at < 1_000:
            raise ValueError("look_at is at least 1000, more than any page holds")


@dataclass(frozen=True)
class FeedFilter:
    """Which events are wanted; None means any.

    Attributes:
        type: event type.
        name: event name.
        source: source id.
        since: received at or after.
        until: received before.
    """

    type: str | None = None
    name: str | None = None
    source: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def selective(self) -> bool:
        """Whether events within the range may not match."""
        return (self.type, self.name, self.source) != (None, None, None)


class Place(NamedTuple):
    """Where a page ended, in the order of arrival."""

    received_at: datetime
    message_key: UUID


class FedEvent(NamedTuple):
    """One event with whose it is.

    Attributes:
        profile: the person's id; None where the identifier is gone.
    """

    event: StoredEvent
    profile: UUID | None


class FeedPage(NamedTuple):
    """One page.

    Attributes:
        events: newest received first.
        end: where it stopped looking; None: there is nothing beyond.
    """

    events: list[FedEvent]
    end: Place | None


_RANGE: Final = """
    FROM events WHERE workspace_id = %(workspace)s
      AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
      AND (%(at)s::timestamptz IS NULL
           OR (received_at, message_key) < (%(at)s::timestamptz, %(key)s::uuid))
    ORDER BY received_at DESC, message_key DESC
"""
# In one statement, which sees one state: the matches among the events looked at, and the last of
# those looked at.
_PAGE: Final = """
    (SELECT true, e.message_key, e.received_at, e.source_id, e.type, e.name, e.leaf, e.occurred_at,
        e.flags, e.payload, i.profile_id
     FROM (
        SELECT * FROM (SELECT * """ + _RANGE + """ LIMIT %(look)s) looked
        WHERE (%(type)s::text IS NULL OR type = %(type)s)
          AND (%(name)s::text IS NULL OR name = %(name)s)
          AND (%(source)s::integer IS NULL OR source_id = %(source)s)
        LIMIT %(limit)s
     ) e
     LEFT JOIN identifiers i ON i.key = e.leaf AND i.workspace_id = %(workspace)s)
    UNION ALL
    (SELECT false, message_key, received_at, 0, '', '', message_key, received_at, 0, ''::bytea, NULL
     """ + _RANGE + """ OFFSET %(look)s - 1 LIMIT 1)
"""  # fmt: skip


class _Row(NamedTuple):
    """A row of `_PAGE`; `matches` is false for the place where it stopped looking."""

    matches: bool
    message_key: UUID
    received_at: datetime
    source_id: int
    type: str
    name: str
    leaf: UUID
    occurred_at: datetime
    flags: int
    payload: bytes
    profile: UUID | None

    @property
    def place(self) -> Place:
        """Of this row in the order of arrival."""
        return Place(self.received_at, self.message_key)

    def fed(self) -> FedEvent:
        """The event of the row."""
        event = StoredEvent(
            self.message_key,
            self.source_id,
            self.type,
            self.name,
            self.leaf,
            self.occurred_at,
            self.received_at,
            self.flags,
            self.payload,
        )
        return FedEvent(event, self.profile)


async def page(
    pool: Pool, workspace: int, wanted: FeedFilter, after: Place | None, limit: int, look_at: int
) -> FeedPage:
    """The next events, newest received first.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: filters.
        after: where the page before ended; None for the first page.
        limit: events per page.
        look_at: events that are looked at at most, `FeedParams.look_at`.
    """
    params = {
        "workspace": workspace,
        "type": wanted.type,
        "name": wanted.name,
        "source": wanted.source,
        "since": wanted.since,
        "until": wanted.until,
        "at": after.received_at if after else None,
        "key": after.message_key if after else None,
        "limit": limit,
        "look": look_at if wanted.selective else limit,
    }
    rows = await fetch(pool, _Row, _PAGE, params)
    found = sorted((row for row in rows if row.matches), key=lambda row: row.place, reverse=True)
    stopped = next((row.place for row in rows if not row.matches), None)
    end = found[-1].place if len(found) == limit else stopped
    return FeedPage([row.fed() for row in found], end)
