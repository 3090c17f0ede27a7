"""What has changed in a workspace since a mark, topic by topic: small facts, nothing personal.

A mark is where the telling of a topic has got to: (instant or None, row id). Rows of append-only
tables are in the order of their ids; rows that change are in the order of their last change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from domain.event import ORDERS
from store.connection import one_of
from store.fetch import Pool, fetch

Mark = tuple[int, int]
"""(Microseconds since 1970 of the last change, 0 where rows do not change; row id)."""


@dataclass(frozen=True)
class Fact:
    """One row as it is now.

    Attributes:
        mark: its place among the rows of its topic.
        said: what is told of it, as JSON.
    """

    mark: Mark
    said: dict[str, Any]


def _fact(touched: int, number: int, said: dict[str, Any]) -> Fact:
    return Fact((touched, number), said)


_MICROS: Final = "(extract(epoch FROM {}) * 1000000)::bigint"
_FIELDS: Final[dict[str, tuple[str, str, str]]] = {
    "readings": (
        "readings",
        "",
        ("'signal', signal, 'id', id, 'score', score, 'status', status, 'read_at', read_at"),
    ),
    "decisions": (
        "decisions",
        "",
        (
            "'id', id, 'destination', destination, 'audience_id', audience_id, 'action', action,"
            " 'verdict', verdict, 'codes', codes, 'decided_at', decided_at"
        ),
    ),
    "pushes": (
        "pushes",
        "touched_at",
        (
            "'id', id, 'audience_id', audience_id, 'kind', kind, 'status', status, 'adds', adds,"
            " 'removes', removes, 'sent', sent, 'rejected', rejected, 'started_at', started_at,"
            " 'ended_at', ended_at"
        ),
    ),
    "alerts": (
        "alerts",
        "touched_at",
        (
            "'id', id, 'key', key, 'kind', kind, 'severity', severity, 'opened_at', opened_at,"
            " 'changed_at', changed_at, 'resolved_at', resolved_at,"
            " 'acknowledged_at', acknowledged_at"
        ),
    ),
    "sweeps": (
        "sweeps",
        "touched_at",
        (
            "'id', id, 'status', status, 'people', people, 'visited', visited, 'changed', changed,"
            " 'stale', stale, 'segments', segments, 'finished_at', finished_at"
        ),
    ),
}
TABLES: Final = tuple(_FIELDS)
"""Topics that are rows of a table each."""


def _places(touched: str) -> tuple[str, str]:
    """How a topic's rows are ordered, and the condition that they come after a mark."""
    if not touched:
        return "id", "id > %(number)s"
    after = (
        "touched_at >= 'epoch'::timestamptz + %(touched)s * interval '1 microsecond'"
        " AND (touched_at, id) > ('epoch'::timestamptz + %(touched)s * interval '1 microsecond',"
        " %(number)s::bigint)"
    )
    return "touched_at, id", after


def _after(topic: str) -> LiteralString:
    table, touched, said = _FIELDS[topic]
    order, after = _places(touched)
    stamp = _MICROS.format(touched) if touched else "0::bigint"
    return (
        f"SELECT {stamp}, id, jsonb_build_object({said}) FROM {table}"
        f" WHERE workspace_id = %(workspace)s AND {after} ORDER BY {order} LIMIT %(limit)s"
    )


def _newest(topic: str) -> LiteralString:
    table, touched, _ = _FIELDS[topic]
    order, stamp = ("touched_at DESC, ", _MICROS.format(touched)) if touched else ("", "0::bigint")
    return (
        f"SELECT {stamp}, id FROM {table} WHERE workspace_id = %(workspace)s"
        f" ORDER BY {order}id DESC LIMIT %(limit)s"
    )


_AFTER: Final = {topic: _after(topic) for topic in TABLES}
_NEWEST: Final = {topic: _newest(topic) for topic in TABLES}


def _mark(touched: int, number: int) -> Mark:
    return touched, number


async def newest(pool: Pool, workspace: int, topic: str, limit: int) -> list[Mark]:
    """The marks of a topic's newest rows, the newest first.

    Others with lower marks may be written and not visible yet.
    """
    return await fetch(pool, _mark, _NEWEST[topic], {"workspace": workspace, "limit": limit})


async def after(pool: Pool, workspace: int, topic: str, mark: Mark, limit: int) -> list[Fact]:
    """Rows of a topic after a mark, in order.

    Args:
        pool: open pool.
        workspace: tenant.
        topic: one of `TABLES`.
        mark: rows up to here are known.
        limit: most rows.
    """
    params = {"workspace": workspace, "touched": mark[0], "number": mark[1], "limit": limit}
    return await fetch(pool, _fact, _AFTER[topic], params)


@dataclass(frozen=True)
class Arrival:
    """One stored event, without its content."""

    received_at: datetime
    key: UUID
    type: str
    name: str


_ARRIVALS: Final = """
    SELECT received_at, message_key, type, name FROM events
    WHERE workspace_id = %(workspace)s AND received_at >= %(since)s
    ORDER BY received_at, message_key LIMIT %(limit)s
"""


async def arrivals(pool: Pool, workspace: int, since: datetime, limit: int) -> list[Arrival]:
    """Events that were received at or after an instant, in order."""
    return await fetch(
        pool, Arrival, _ARRIVALS, {"workspace": workspace, "since": since, "limit": limit}
    )


@dataclass(frozen=True)
class Command:
    """A command that somebody gave.

    Attributes:
        kind: of `domain.event.ORDERS`.
    """

    id: int
    at: datetime
    kind: str


_COMMANDS: Final = f"""
    SELECT id, at, action FROM audit WHERE workspace_id = %(workspace)s
      AND action IN {one_of(ORDERS)} AND id > %(after)s AND at >= %(since)s
    ORDER BY id LIMIT %(limit)s
"""
_PROCESSED: Final = """
    SELECT message_key FROM events
    WHERE workspace_id = %(workspace)s AND message_key = ANY(%(keys)s)
    UNION ALL
    SELECT message_key FROM erased_messages
    WHERE workspace_id = %(workspace)s AND message_key = ANY(%(keys)s)
"""


async def commands(
    pool: Pool, workspace: int, after: int, since: datetime, limit: int
) -> list[Command]:
    """Commands of all kinds, in the order in which they were given.

    Args:
        pool: open pool.
        workspace: tenant.
        after: audit rows up to here are known.
        since: given at or after.
        limit: most of them.
    """
    params = {"workspace": workspace, "after": after, "since": since, "limit": limit}
    return await fetch(pool, Command, _COMMANDS, params)


async def processed(pool: Pool, workspace: int, keys: Sequence[bytes]) -> set[bytes]:
    """Which of some commands have been processed, by their message keys."""
    found = await fetch(
        pool,
        _same,
        _PROCESSED,
        {"workspace": workspace, "keys": [UUID(bytes=key) for key in keys]},
    )
    return {key.bytes for key in found}


def _same(key: UUID) -> UUID:
    return key
