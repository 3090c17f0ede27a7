"""Stored events of others that may name an erased identifier."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import psycopg

from domain.event import COMMANDS, Event
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.instants import LATEST_MS, utc
from domain.link import pair_of
from domain.stored import EventRow
from store.connection import Keys

_OWNERS: Final = "SELECT profile_id, workspace_id, key FROM identifiers WHERE key = ANY(%s)"
_COLUMNS: Final = """
    message_key, source_id, round(extract(epoch FROM occurred_at) * 1000)::bigint,
    round(extract(epoch FROM received_at) * 1000)::bigint, payload
"""
_PAGE: Final = f"""
    SELECT {_COLUMNS}, occurred_at FROM events
    WHERE leaf = %(leaf)s AND occurred_at <= %(until)s AND type <> ALL(%(commands)s)
      AND (occurred_at, message_key) > (%(occurred_at)s, %(message_key)s)
    ORDER BY occurred_at, message_key LIMIT %(limit)s
"""
_OF_MESSAGES: Final = f"SELECT {_COLUMNS} FROM events WHERE message_key = ANY(%s) FOR UPDATE"
_REWRITE: Final = """
    UPDATE events e SET payload = c.payload, name = c.name
    FROM unnest(%s, %s::bytea[], %s::text[]) AS c(message_key, payload, name)
    WHERE e.message_key = c.message_key
"""
_RANK: Final = """
    UPDATE links l SET rank = c.rank
    FROM unnest(%s, %s, %s, %s::smallint[]) AS c(a, b, cause, rank)
    WHERE l.a = c.a AND l.b = c.b AND l.cause = c.cause AND l.rank > 0 AND l.rank <> c.rank
"""
_DROP: Final = """
    WITH gone AS (
        DELETE FROM events WHERE message_key = ANY(%s) RETURNING message_key, workspace_id)
    INSERT INTO erased_messages (message_key, workspace_id) SELECT * FROM gone
    ON CONFLICT DO NOTHING
"""
_COUNT: Final = """
    UPDATE erasure_progress p SET events = p.events + c.events, people = p.people + 1
    FROM (
        SELECT e.command, count(DISTINCT named.event) AS events
        FROM unnest(%s::integer[], %s) AS named(event, key)
        JOIN erasures e ON e.completed_at IS NULL AND e.keys @> ARRAY[named.key] GROUP BY 1
    ) AS c WHERE p.command = c.command
"""
_BEGINNING: Final = "-infinity"


class Owner(NamedTuple):
    """Somebody whose events may name an erased identifier.

    Attributes:
        leaves: their identifiers with such events.
    """

    profile: ProfileId
    workspace: WorkspaceId
    leaves: tuple[IdentifierKey, ...]


def owners(connection: psycopg.Connection, keys: Collection[IdentifierKey]) -> list[Owner]:
    """Whose identifiers these are now, in the order of people; who is gone is left out."""
    found: dict[tuple[ProfileId, WorkspaceId], list[IdentifierKey]] = {}
    cursor = connection.cursor(binary=True)
    for profile, workspace, key in cursor.execute(_OWNERS, (Keys(list(keys)),)):
        found.setdefault((profile, workspace), []).append(key)
    return [Owner(*who, tuple(sorted(leaves))) for who, leaves in sorted(found.items())]


def events_until(
    connection: psycopg.Connection, leaf: IdentifierKey, until_ms: int, limit: int
) -> Iterator[list[EventRow]]:
    """Read a leaf's events that happened until an instant, in pages, each in its own transaction.

    Args:
        connection: of the engine, in autocommit mode.
        leaf: identifier that received them.
        until_ms: ms since 1970.
        limit: events per page.
    """
    at: object = _BEGINNING
    last = b"\0" * 16
    latest = utc(min(until_ms, LATEST_MS - 1))
    cursor = connection.cursor(binary=True)
    while True:
        params = {
            "leaf": UUID(bytes=leaf),
            "until": latest,
            "commands": list(COMMANDS),
            "occurred_at": at,
            "message_key": UUID(bytes=last),
            "limit": limit,
        }
        rows = cursor.execute(_PAGE, params).fetchall()
        if rows:
            yield [EventRow(*row[:-1]) for row in rows]
        if len(rows) < limit:
            return
        at, last = rows[-1][-1], rows[-1][0]


def events_of(connection: psycopg.Connection, messages: Sequence[MessageKey]) -> list[EventRow]:
    """Read some events, and keep others from changing them until the transaction ends."""
    cursor = connection.cursor(binary=True)
    return [EventRow(*row) for row in cursor.execute(_OF_MESSAGES, (Keys(messages),)).fetchall()]


def rewrite(connection: psycopg.Connection, events: Sequence[Event]) -> None:
    """Store events in other words, in the caller's transaction.

    The links that they were the first to state keep up with their places in the events.

    Args:
        connection: of the engine.
        events: as they are to be stored.
    """
    if not events:
        return
    keys = [event.message_key for event in events]
    connection.execute(
        _REWRITE,
        (Keys(keys), [event.payload for event in events], [event.name for event in events]),
    )
    stated = [
        (*pair_of(event.identifiers[0].key, weak.key), event.message_key, rank)
        for event in events
        for rank, weak in enumerate(event.identifiers[1:], 1)
    ]
    if stated:
        ends, others, causes, ranks = (list(column) for column in zip(*stated, strict=True))
        connection.execute(_RANK, (Keys(ends), Keys(others), Keys(causes), ranks))


def drop(connection: psycopg.Connection, messages: Sequence[MessageKey]) -> None:
    """Delete events that cannot be told without what was erased, and let no copy come back."""
    if messages:
        connection.execute(_DROP, (Keys(messages),))


def count(connection: psycopg.Connection, named: Sequence[Collection[IdentifierKey]]) -> None:
    """Count events of one person for the erasures that they were rewritten for.

    Args:
        connection: of the engine, inside the transaction that rewrites them.
        named: what each of the events named.
    """
    pairs = [(number, key) for number, keys in enumerate(named) for key in keys]
    numbers, keys = [number for number, _ in pairs], Keys([key for _, key in pairs])
    connection.execute(_COUNT, (numbers, keys))
