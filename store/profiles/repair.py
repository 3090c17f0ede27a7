"""Reads one stored person and rewrites them: the transactions of ``stratum repair``.

Safe beside running workers: the person's row is locked while they are read and written, so that
everything read stays as it is; the new row has a new version, so that whatever a worker had read or
cached of the person is detected as stale at its commit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple

import msgspec
import psycopg

from domain.event import COMMANDS
from domain.ids import IdentifierKey, ProfileId, SegmentId, WorkspaceId
from domain.instants import utc
from domain.link import HOLDING
from domain.profiles.leaf import Leaf, decode_leaf
from domain.profiles.profile import NEVER, FactKey, Person, Stage, decode_person, encode_person
from domain.stored import EventRow
from operators.unify.rebuild import Rebuilt, Remains
from store import locks
from store.connection import Integers, Keys
from store.unify import sql

_EVENTS_AT_A_TIME: Final = 2_000
_PERSON: Final = "SELECT version, doc FROM profiles WHERE id = ANY(%s) AND workspace_id = %s"
_IDENTIFIERS: Final = "SELECT key, kind, leaf FROM identifiers WHERE profile_id = ANY(%s)"
_LINKS: Final = """
SELECT l.status, l.first_ms, l.tie FROM identifiers i JOIN links l ON l.a = i.key
    WHERE i.profile_id = ANY(%s) AND l.status = ANY(%s)
UNION ALL
SELECT l.status, l.first_ms, l.tie FROM identifiers i JOIN links l ON l.b = i.key
    WHERE i.profile_id = ANY(%s) AND l.status = ANY(%s)
"""
_HOLDING: Final = sorted(HOLDING)
_MEMBERSHIPS: Final = "SELECT segment_id, version FROM memberships WHERE profile_id = ANY(%s)"
_BALANCES: Final = """
SELECT segment_id, sum(delta)::integer FROM changes WHERE workspace_id = %s AND profile_id = ANY(%s)
GROUP BY segment_id HAVING sum(delta) <> 0
"""
_EVENTS: Final = """
SELECT e.message_key, e.source_id, round(extract(epoch FROM e.occurred_at) * 1000)::bigint,
    round(extract(epoch FROM e.received_at) * 1000)::bigint, e.payload
FROM identifiers i JOIN events e ON e.leaf = i.key WHERE i.profile_id = ANY(%s)
    AND e.type <> ALL(%s)
"""
_DROP_OTHERS: Final = "DELETE FROM memberships WHERE profile_id = ANY(%s) AND segment_id <> ALL(%s)"
_SET_MEMBERS: Final = """
INSERT INTO memberships (segment_id, profile_id, workspace_id, version, since_at)
SELECT right_one.segment, p.id, p.workspace_id, right_one.version, %s
FROM profiles p, unnest(%s, %s) AS right_one(segment, version) WHERE p.id = ANY(%s)
ON CONFLICT (segment_id, profile_id) DO UPDATE SET version = excluded.version
"""


class Stored(NamedTuple):
    """One person as the tables have them.

    Attributes:
        remains: what is taken as it is.
        person: the document; None where it is unreadable.
        leaves: identifier → leaf stored apart; None where there is none, or it is unreadable.
    """

    remains: Remains
    person: Person | None
    leaves: dict[IdentifierKey, Leaf | None]


class StalePersonError(Exception):
    """The stored row is not the one that was read."""


@contextmanager
def only_repair(dsn: str) -> Iterator[bool]:
    """Keep other repairs of the database out for the duration; False where one is running.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    with (
        psycopg.connect(dsn, autocommit=True) as connection,
        locks.held(connection, locks.REPAIR) as alone,
    ):
        yield alone


def read_person(
    connection: psycopg.Connection, workspace: WorkspaceId, profile: ProfileId, *, lock: bool
) -> Stored | None:
    """Read a person.

    Args:
        connection: of the engine, inside a transaction.
        workspace: tenant.
        profile: id.
        lock: keep everybody else from changing the person until the transaction ends.

    Returns:
        None where there is no such person any more.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    keys = Keys([profile])
    cursor = connection.cursor(binary=True)
    row = cursor.execute(
        f"{_PERSON}{' FOR UPDATE' if lock else ''}".encode(), (keys, workspace)
    ).fetchone()
    if row is None:
        return None
    person = _decoded(row[1])
    rows = cursor.execute(_IDENTIFIERS, (keys,)).fetchall()
    links = cursor.execute(_LINKS, (keys, _HOLDING, keys, _HOLDING)).fetchall()
    remains = Remains(
        id=profile,
        workspace=workspace,
        version=row[0],
        identifiers={IdentifierKey(key): kind for key, kind, _ in rows},
        refused=sum(status == "refused" for status, _, _ in links),
        last_link=max((FactKey(at_ms, tie) for _, at_ms, tie in links), default=NEVER),
        stage=person.stage if person is not None else Stage.ANONYMOUS,
        granted=person.granted if person is not None else [],
        balances=_numbers(connection.execute(_BALANCES, (workspace, keys))),
        versions=_numbers(connection.execute(_MEMBERSHIPS, (keys,))),
    )
    return Stored(remains, person, {IdentifierKey(key): _leaf(leaf) for key, _, leaf in rows})


def _numbers(rows: psycopg.Cursor) -> dict[SegmentId, int]:
    return {SegmentId(segment): number for segment, number in rows}


def _decoded(doc: bytes) -> Person | None:
    try:
        return decode_person(doc)
    except msgspec.DecodeError:
        return None


def _leaf(packed: bytes | None) -> Leaf | None:
    try:
        return None if packed is None else decode_leaf(packed)
    except msgspec.DecodeError:
        return None


def read_events(connection: psycopg.Connection, profile: ProfileId) -> Iterator[EventRow]:
    """Stream a person's stored events, inside the transaction in which the person was read.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    with connection.cursor("repair") as cursor:
        cursor.itersize = _EVENTS_AT_A_TIME
        for row in cursor.execute(_EVENTS, (Keys([profile]), list(COMMANDS)), binary=True):
            yield EventRow(*row)


def write_person(connection: psycopg.Connection, rebuilt: Rebuilt) -> None:
    """Rewrite a person with leaves, memberships and outbox, in the transaction that locked them.

    Raises:
        psycopg.OperationalError: the server does not answer, or another transaction is in the way
            (to be tried again).
        StalePersonError: the row is not the one that was read (to be tried again).
    """
    cursor = connection.cursor()
    person, changes = rebuilt.person, rebuilt.changes
    stale = sql.write_people(
        cursor, changes, [(person, encode_person(person))]
    ) or sql.write_identity(cursor, changes)
    if stale:
        raise StalePersonError(stale)
    sql.write_facts(cursor, changes, None)
    set_members(cursor, person.id, person.segments, changes.now_ms)


def set_members(
    cursor: psycopg.Cursor, profile: ProfileId, segments: Mapping[SegmentId, int], now_ms: int
) -> None:
    """Make a person's ``memberships`` exactly these: segment → version of its definition."""
    ordered, keys = sorted(segments.items()), Keys([profile])
    numbers = Integers([segment for segment, _ in ordered])
    cursor.execute(_DROP_OTHERS, (keys, numbers))
    cursor.execute(
        _SET_MEMBERS,
        (utc(now_ms), numbers, Integers([version for _, version in ordered]), keys),
    )
