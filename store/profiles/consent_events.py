"""Reads a person's stored events that may speak of consent, in windows of bounded size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from store.fetch import Pool, fetch, fetch_one
from store.profiles.events import Cursor

LOOKED: Final = 10_000
"""Events of each identifier that one window looks at."""
WINDOW_BYTES: Final = 4_000_000
"""A window ends with the event with which its payloads reach so many bytes."""


@dataclass(frozen=True)
class SpeakingEvent:
    """An event whose JSON may speak of consent.

    Attributes:
        message_key: names the event.
        source_id: 0 for an operator's command.
        source: name of the source; empty where it is none, or no more.
        payload: the record's JSON as received.
    """

    message_key: UUID
    source_id: int
    source: str
    type: str
    occurred_at: datetime
    payload: bytes


# What an event that speaks of consent has in it: ``"consent``, or an escape that may hide it.
_SPEAKS: Final = r"""
(position('\x22636f6e73656e74'::bytea IN payload) > 0
    OR position('\x5c753030'::bytea IN payload) > 0)
"""
_AFTER: Final = """
(%(at)s::timestamptz IS NULL OR (occurred_at <= %(at)s
    AND (occurred_at, message_key) < (%(at)s, %(key)s::uuid)))
"""
_END: Final = f"""
SELECT e.occurred_at, e.message_key FROM identifiers i
CROSS JOIN LATERAL (
    SELECT occurred_at, message_key FROM events
    WHERE leaf = i.key AND workspace_id = %(workspace)s AND {_AFTER}
    ORDER BY occurred_at DESC, message_key DESC LIMIT %(looked)s
) e
WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s
ORDER BY e.occurred_at DESC, e.message_key DESC OFFSET %(looked)s - 1 LIMIT 1
"""
_SPEAKING: Final = f"""
SELECT message_key, source_id, source, type, occurred_at, payload FROM (
    SELECT e.message_key, e.source_id, coalesce(s.name, '') AS source, e.type, e.occurred_at,
        e.payload, sum(octet_length(e.payload))
            OVER (ORDER BY e.occurred_at DESC, e.message_key DESC) AS bytes
    FROM identifiers i
    CROSS JOIN LATERAL (
        SELECT * FROM events
        WHERE leaf = i.key AND workspace_id = %(workspace)s AND {_AFTER}
          AND (%(end_at)s::timestamptz IS NULL OR (occurred_at >= %(end_at)s
              AND (occurred_at, message_key) >= (%(end_at)s, %(end_key)s::uuid)))
          AND {_SPEAKS}
        ORDER BY occurred_at DESC, message_key DESC LIMIT %(limit)s
    ) e
    LEFT JOIN sources s ON s.id = e.source_id
    WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s
    ORDER BY e.occurred_at DESC, e.message_key DESC LIMIT %(limit)s
) AS spoken WHERE bytes - octet_length(payload) < %(bytes)s
ORDER BY occurred_at DESC, message_key DESC
"""
_AT: Final = f"""
SELECT e.message_key, e.source_id, coalesce(s.name, ''), e.type, e.occurred_at, e.payload
FROM identifiers i
JOIN events e ON e.leaf = i.key AND e.workspace_id = i.workspace_id
    AND e.occurred_at = ANY(%(instants)s)
LEFT JOIN sources s ON s.id = e.source_id
WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s AND {_SPEAKS}
ORDER BY e.occurred_at DESC, e.message_key DESC LIMIT %(limit)s
"""


async def window(
    pool: Pool, workspace: int, profile: bytes, after: Cursor | None, limit: int
) -> tuple[list[SpeakingEvent], Cursor | None]:
    """The next events that may speak of consent, newest first by event time.

    At most `LOOKED` events of each identifier are looked at, however many the person has, and
    their payloads are bounded by `WINDOW_BYTES`.

    Args:
        pool: open pool.
        workspace: tenant.
        profile: id of a live profile, 16 bytes.
        after: where the last window ended.
        limit: events of the answer at most.

    Returns:
        The events, and where the next window begins; None where there are no older events.
    """
    params = {
        "workspace": workspace,
        "profile": UUID(bytes=profile),
        "at": after.occurred_at if after else None,
        "key": after.message_key if after else None,
        "looked": LOOKED,
        "limit": limit,
    }
    end = await fetch_one(pool, Cursor, _END, params)
    params |= {
        "bytes": WINDOW_BYTES,
        "end_at": end.occurred_at if end else None,
        "end_key": end.message_key if end else None,
    }
    found = await fetch(pool, SpeakingEvent, _SPEAKING, params)
    if len(found) == limit or sum(len(event.payload) for event in found) >= WINDOW_BYTES:
        end = Cursor(found[-1].occurred_at, found[-1].message_key)
    return found, end


async def of_instants(
    pool: Pool, workspace: int, profile: bytes, instants: Sequence[datetime], limit: int
) -> list[SpeakingEvent]:
    """A person's events of some instants that may speak of consent, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        profile: id of a live profile, 16 bytes.
        instants: event times.
        limit: events of the answer at most.
    """
    params = {
        "workspace": workspace,
        "profile": UUID(bytes=profile),
        "instants": list(instants),
        "limit": limit,
    }
    return await fetch(pool, SpeakingEvent, _AT, params)
