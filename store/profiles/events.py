"""Reads stored events: a person's, newest first, and single ones by message key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class StoredEvent:
    """One event as stored.

    Attributes:
        message_key: what de-duplication compares; names the event.
        leaf: key of the identifier that received the event.
        payload: the record's JSON as received.
    """

    message_key: UUID
    source_id: int
    type: str
    name: str
    leaf: UUID
    occurred_at: datetime
    received_at: datetime
    flags: int
    payload: bytes


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted; None means any.

    Attributes:
        type: event type.
        name: event name.
        since: event time at or after.
        until: event time before.
    """

    type: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Cursor:
    """The last event of a page."""

    occurred_at: datetime
    message_key: UUID


# Every leaf gives its own newest ones from the index, so a page never sorts a person's whole
# history.
_OF_PROFILE: Final = """
    SELECT e.message_key, e.source_id, e.type, e.name, e.leaf, e.occurred_at, e.received_at,
        e.flags, e.payload
    FROM identifiers i
    CROSS JOIN LATERAL (
        SELECT * FROM events
        WHERE leaf = i.key AND workspace_id = %(workspace)s
          AND (%(at)s::timestamptz IS NULL
               OR (occurred_at <= %(at)s AND (occurred_at, message_key) < (%(at)s, %(key)s::uuid)))
          AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s)
          AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
          AND (%(type)s::text IS NULL OR type = %(type)s)
          AND (%(name)s::text IS NULL OR name = %(name)s)
        ORDER BY occurred_at DESC, message_key DESC LIMIT %(limit)s
    ) e
    WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s
    ORDER BY e.occurred_at DESC, e.message_key DESC LIMIT %(limit)s
"""


async def of_profile(
    pool: Pool,
    workspace: int,
    profile: bytes,
    filter_by: EventFilter,
    after: Cursor | None,
    limit: int,
) -> list[StoredEvent]:
    """The next events of a person, newest first by event time.

    Args:
        pool: open pool.
        workspace: tenant.
        profile: id of a live profile, 16 bytes.
        filter_by: filters.
        after: where the last page ended.
        limit: events per page.
    """
    params = {
        "workspace": workspace,
        "profile": UUID(bytes=profile),
        "type": filter_by.type,
        "name": filter_by.name,
        "since": filter_by.since,
        "until": filter_by.until,
        "at": after.occurred_at if after else None,
        "key": after.message_key if after else None,
        "limit": limit,
    }
    return await fetch(pool, StoredEvent, _OF_PROFILE, params)


_RECEIVED: Final = """
    SELECT received_at FROM events WHERE message_key = %(key)s AND workspace_id = %(workspace)s
    UNION ALL
    SELECT now() FROM erased_messages
        WHERE message_key = %(key)s AND workspace_id = %(workspace)s
"""


async def received(pool: Pool, workspace: int, message_key: bytes) -> datetime | None:
    """When the event or command with this message key was received, if it has been processed.

    Of one that was erased, or came after an erasure: now.
    """
    return await fetch_one(
        pool, _same, _RECEIVED, {"key": UUID(bytes=message_key), "workspace": workspace}
    )


def _same(value: datetime) -> datetime:
    return value
