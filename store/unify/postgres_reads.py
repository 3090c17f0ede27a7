"""The statements with which UNIFY loads, on PostgreSQL: `store.unify.reads.Reads`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg

from domain.changes import HistoryEvent
from domain.event import COMMANDS
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.instants import utc
from domain.link import Link, Pair
from domain.privacy.erasure import Erased
from domain.profiles.profile import FactKey
from domain.stored import EventRow
from store.connection import Keys
from store.unify.history import read_events
from store.unify.reads import LaterRow, MemberRow, Named, Owned, PersonRow

_LOAD_IDENTIFIERS: Final = """
WITH wanted AS (SELECT key FROM unnest(%s) AS wanted(key)),
found AS (SELECT i.key, i.profile_id, i.leaf FROM wanted JOIN identifiers i ON i.key = wanted.key)
SELECT key, profile_id, leaf, NULL::integer, NULL::bytea, NULL::bigint FROM found
UNION ALL
SELECT NULL, p.id, NULL, p.version, p.doc, NULL
    FROM (SELECT DISTINCT profile_id FROM found) AS owner JOIN profiles p ON p.id = owner.profile_id
UNION ALL
SELECT e.key, NULL, NULL, e.version, NULL, e.until_ms
    FROM wanted JOIN erased_identifiers e ON e.key = wanted.key
"""
_LOAD_LINKS: Final = """
SELECT l.a, l.b, l.workspace_id, l.first_ms, l.tie, l.cause, l.rank, l.status, l.reason,
    l.ruled_ms
FROM unnest(%s, %s) AS wanted(a, b) JOIN links l ON l.a = wanted.a AND l.b = wanted.b
"""
_LOAD_MESSAGES: Final = """
WITH wanted AS (SELECT key FROM unnest(%s) AS wanted(key))
SELECT e.message_key FROM wanted JOIN events e ON e.message_key = wanted.key
UNION ALL
SELECT e.message_key FROM wanted JOIN erased_messages e ON e.message_key = wanted.key
UNION ALL
SELECT e.command FROM wanted JOIN erasures e ON e.command = wanted.key
"""
_LOAD_LATER: Final = """
SELECT e.leaf, e.workspace_id, e.message_key, e.source_id,
    round(extract(epoch FROM e.occurred_at) * 1000)::bigint,
    round(extract(epoch FROM e.received_at) * 1000)::bigint, e.payload
FROM unnest(%s, %s::timestamptz[]) AS wanted(leaf, since)
    JOIN events e ON e.leaf = wanted.leaf AND e.occurred_at > wanted.since
WHERE e.type <> ALL(%s)
"""
_LOAD_MEMBERS: Final = """
SELECT i.key, i.kind, i.profile_id, i.leaf FROM unnest(%s) AS wanted(id)
    JOIN identifiers i ON i.profile_id = wanted.id
"""
_LOAD_LINKS_OF: Final = """
SELECT l.a, l.b, l.workspace_id, l.first_ms, l.tie, l.cause, l.rank, l.status, l.reason,
    l.ruled_ms
FROM unnest(%s) AS wanted(id) JOIN identifiers i ON i.profile_id = wanted.id
    JOIN links l ON l.a = i.key
UNION
SELECT l.a, l.b, l.workspace_id, l.first_ms, l.tie, l.cause, l.rank, l.status, l.reason,
    l.ruled_ms
FROM unnest(%s) AS wanted(id) JOIN identifiers i ON i.profile_id = wanted.id
    JOIN links l ON l.b = i.key
"""
_LOAD_LINKS_AT: Final = """
SELECT l.a, l.b, l.workspace_id, l.first_ms, l.tie, l.cause, l.rank, l.status, l.reason,
    l.ruled_ms
FROM links l WHERE l.a = ANY(%s) OR l.b = ANY(%s)
"""
_LOAD_PEOPLE: Final = """
SELECT p.id, p.version, p.doc FROM unnest(%s) AS wanted(id) JOIN profiles p ON p.id = wanted.id
"""


class PostgresReads:
    """`store.unify.reads.Reads` on one connection.

    Every method raises what psycopg raises where the server does not answer.

    Args:
        connect: returns the connection of the worker.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect

    def _query(self, sql: str, parameters: list[object]) -> psycopg.Cursor:
        return self._connect().cursor(binary=True).execute(sql.encode(), parameters)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Inside, all statements see one instant."""
        connection = self._connect()
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield

    def named(
        self, pairs: Sequence[Pair], keys: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Named:
        """Links, identifiers and messages in one round trip.

        Each statement sees later than the one before.
        """
        with self._connect().pipeline():
            links = (
                self._query(_LOAD_LINKS, [Keys([a for a, _ in pairs]), Keys([b for _, b in pairs])])
                if pairs
                else None
            )
            owned = self._query(_LOAD_IDENTIFIERS, [Keys(keys)]) if keys else None
            stored = self._query(_LOAD_MESSAGES, [Keys(messages)]) if messages else None
        return Named(
            [_link(row) for row in links or ()],
            _owned(owned or ()),
            {key for (key,) in stored or ()},
        )

    def owned(self, keys: Sequence[IdentifierKey]) -> Owned:
        """Identifiers with their people."""
        return _owned(self._query(_LOAD_IDENTIFIERS, [Keys(keys)]))

    def people(self, ids: Sequence[ProfileId]) -> list[PersonRow]:
        """People by id, those that exist."""
        return [PersonRow(*row) for row in self._query(_LOAD_PEOPLE, [Keys(ids)])]

    def members(self, ids: Sequence[ProfileId]) -> list[MemberRow]:
        """All identifiers of people."""
        return [MemberRow(*row) for row in self._query(_LOAD_MEMBERS, [Keys(ids)])]

    def links_of(self, ids: Sequence[ProfileId]) -> list[Link]:
        """All links that touch an identifier of people."""
        return [_link(row) for row in self._query(_LOAD_LINKS_OF, [Keys(ids), Keys(ids)])]

    def links_at(self, keys: Sequence[IdentifierKey]) -> list[Link]:
        """All links that touch identifiers, stored or not."""
        return [_link(row) for row in self._query(_LOAD_LINKS_AT, [Keys(keys), Keys(keys)])]

    def events(
        self, ids: Sequence[ProfileId], names: Iterable[tuple[str, str | None]]
    ) -> dict[ProfileId, list[HistoryEvent]]:
        """The stored events of people, of some types and names."""
        return read_events(self._connect(), ids, names)

    def later(self, leaves: Sequence[tuple[IdentifierKey, int]]) -> list[LaterRow]:
        """The stored events of leaves from after an instant each, ms."""
        keys = Keys([leaf for leaf, _ in leaves])
        since = [utc(at_ms) for _, at_ms in leaves]
        return [
            LaterRow(leaf, workspace, EventRow(*row))
            for leaf, workspace, *row in self._query(_LOAD_LATER, [keys, since, list(COMMANDS)])
        ]


def _owned(
    rows: Iterable[tuple[bytes | None, bytes, bytes | None, int | None, bytes | None, int | None]],
) -> Owned:
    found = Owned({}, [], {})
    for key, owner, leaf, version, doc, until_ms in rows:
        if key is not None and until_ms is not None and version is not None:
            found.erased[IdentifierKey(key)] = Erased(until_ms, version)
        elif key is not None:
            found.leaves.setdefault(ProfileId(owner), {})[IdentifierKey(key)] = leaf
        elif version is not None and doc is not None:
            found.people.append(PersonRow(ProfileId(owner), version, doc))
    return found


def _link(row: tuple[bytes, bytes, int, int, int, bytes, int, str, str, int]) -> Link:
    a, b, workspace, at, tie, cause, rank, status, reason, ruled_ms = row
    return Link(
        WorkspaceId(workspace),
        IdentifierKey(a),
        IdentifierKey(b),
        FactKey(at, tie),
        MessageKey(cause),
        rank,
        status,
        reason,
        ruled_ms,
    )
