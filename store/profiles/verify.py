"""Reads one workspace's tables for verification: one snapshot, streamed in chunks.

`PostgresTables` is `oracle.tables.Tables` on PostgreSQL.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
from psycopg import IsolationLevel

from domain.ids import IdentifierKey, MessageKey, ProfileId, SegmentId, WorkspaceId
from domain.link import Link
from domain.profiles.profile import FactKey
from domain.segments.definition import SweepStatus
from domain.stored import StoredEvent, StoredIdentifier, StoredMembership, StoredPerson
from store.connection import Keys, adapt

_STREAM_ROWS: Final = 5_000
"""Rows fetched at a time from a streamed query."""

_EVENTS: Final = """
SELECT e.message_key, coalesce(s.default_region, ''), e.type, e.leaf, round(extract(epoch
    FROM e.occurred_at) * 1000)::bigint,
    round(extract(epoch FROM e.received_at) * 1000)::bigint, e.payload
FROM events e LEFT JOIN sources s ON s.id = e.source_id
WHERE e.workspace_id = %(workspace)s
"""
_EVENTS_OF: Final = f"{_EVENTS} AND (e.leaf = ANY(%(leaves)s) OR e.message_key = ANY(%(messages)s))"
_OWNERS: Final = "SELECT key, profile_id FROM identifiers WHERE workspace_id = %(workspace)s"
_IDENTIFIERS_OF: Final = """
SELECT key, kind, value, profile_id, leaf FROM identifiers WHERE workspace_id = %(workspace)s
    AND key = ANY(%(keys)s)
"""
_PROFILE_IDS: Final = "SELECT id FROM profiles WHERE workspace_id = %(workspace)s"
_PEOPLE: Final = """
SELECT id, version, stage, round(extract(epoch
    FROM first_seen_at) * 1000)::bigint, round(extract(epoch FROM last_seen_at) * 1000)::bigint,
    round(extract(epoch FROM next_wake_at) * 1000)::bigint, doc
FROM profiles WHERE workspace_id = %(workspace)s AND id = ANY(%(ids)s)
"""
_LINKS: Final = """
SELECT a, b, first_ms, tie, coalesce(cause, a), rank, status, reason, ruled_ms
FROM links WHERE workspace_id = %(workspace)s
"""
_MEMBERSHIPS: Final = (
    "SELECT segment_id, profile_id, version FROM memberships WHERE workspace_id = %(workspace)s"
)
_ERASED: Final = "SELECT key, until_ms FROM erased_identifiers WHERE workspace_id = %(workspace)s"
_BALANCES: Final = """
SELECT segment_id, profile_id, sum(delta)::bigint FROM changes WHERE workspace_id = %(workspace)s
GROUP BY segment_id, profile_id HAVING sum(delta) <> 0
"""
_SWEEPING: Final = (
    "SELECT EXISTS (SELECT FROM sweeps WHERE workspace_id = %s "
    f"AND status = '{SweepStatus.RUNNING}')"
)


class WorkspaceRow(NamedTuple):
    """One tenant and how much there is of it.

    Attributes:
        salt: the key of its digests.
        events: stored events and commands.
        people: stored people.
    """

    id: WorkspaceId
    name: str
    salt: bytes
    events: int
    people: int


@contextmanager
def snapshot(dsn: str) -> Iterator[psycopg.Connection]:
    """A read-only transaction in which every statement sees the same state.

    Args:
        dsn: libpq connection string.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        adapt(connection)
        connection.execute("SELECT 1")
        yield connection


def workspaces(connection: psycopg.Connection) -> list[WorkspaceRow]:
    """Every workspace with the size of its tables, in id order."""
    found = connection.execute(
        "SELECT id, name, salt, (SELECT count(*) FROM events WHERE workspace_id = w.id),"
        " (SELECT count(*) FROM profiles WHERE workspace_id = w.id) FROM workspaces w ORDER BY id"
    )
    return [WorkspaceRow(WorkspaceId(row[0]), *row[1:]) for row in found]


class PostgresTables:
    """The tables of one workspace as of one snapshot.

    Args:
        connection: inside `snapshot`.
        workspace: whose rows.
    """

    def __init__(self, connection: psycopg.Connection, workspace: WorkspaceId) -> None:
        self._connection = connection
        self._workspace = workspace
        self._streams = 0

    def _stream(
        self, sql: LiteralString, parameters: dict[str, Any] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        self._streams += 1
        with self._connection.cursor(f"verify_{self._streams}", binary=True) as cursor:
            cursor.itersize = _STREAM_ROWS
            cursor.execute(sql, {"workspace": self._workspace, **(parameters or {})})
            yield from cursor

    def events(self) -> Iterator[StoredEvent]:
        """Every event and command, streamed in table order."""
        return (StoredEvent(*row) for row in self._stream(_EVENTS))

    def events_of(
        self, leaves: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Iterator[StoredEvent]:
        """Events that the engine gave to one of these leaves, and these messages."""
        return (
            StoredEvent(*row)
            for row in self._stream(
                _EVENTS_OF, {"leaves": Keys(leaves), "messages": Keys(messages)}
            )
        )

    def owners(self) -> Iterator[tuple[IdentifierKey, ProfileId]]:
        """Every identifier with its person."""
        return ((IdentifierKey(key), ProfileId(profile)) for key, profile in self._stream(_OWNERS))

    def identifiers_of(self, keys: Sequence[IdentifierKey]) -> Iterator[StoredIdentifier]:
        """Identifier rows with their leaves."""
        return (
            StoredIdentifier(*row) for row in self._stream(_IDENTIFIERS_OF, {"keys": Keys(keys)})
        )

    def profile_ids(self) -> Iterator[ProfileId]:
        """Every person."""
        return (ProfileId(profile) for (profile,) in self._stream(_PROFILE_IDS))

    def people(self, ids: Sequence[ProfileId]) -> Iterator[StoredPerson]:
        """Rows of people."""
        return (StoredPerson(*row) for row in self._stream(_PEOPLE, {"ids": Keys(ids)}))

    def links(self) -> Iterator[Link]:
        """Every link."""
        for a, b, at_ms, tie, cause, *rest in self._stream(_LINKS):
            yield Link(self._workspace, a, b, FactKey(at_ms, tie), cause, *rest)

    def memberships(self) -> Iterator[StoredMembership]:
        """Every membership."""
        return (
            StoredMembership(SegmentId(row[0]), ProfileId(row[1]), row[2])
            for row in self._stream(_MEMBERSHIPS)
        )

    def erased(self) -> Iterator[tuple[IdentifierKey, int]]:
        """Every identifier that was erased, with the instant until when nothing is said of it."""
        return ((IdentifierKey(key), until_ms) for key, until_ms in self._stream(_ERASED))

    def balances(self) -> Iterator[tuple[SegmentId, ProfileId, int]]:
        """What every person's changes of a segment add up to, where it is not 0."""
        return ((SegmentId(row[0]), ProfileId(row[1]), row[2]) for row in self._stream(_BALANCES))

    def sweeping(self) -> bool:
        """Whether a sweep is under way."""
        row = self._connection.execute(_SWEEPING, (self._workspace,)).fetchone()
        return bool(row and row[0])
