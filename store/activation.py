"""What activation has to do next, and what it needs to know to plan a push. Reads; `store.pushes` writes.

The outbox is read in commit order: a plan takes the changes of transactions below the xmin at its beginning, all of which have ended, and
moves the audience's cursor there. A change of a transaction still running then is at or above the cursor and is taken next time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.errors import SerializationFailure
from psycopg.rows import class_row

from domain.ids import ProfileId
from domain.profile import decode_person
from operators.consent import consents
from operators.net_change import Confirmed

CHUNK: Final = 5_000
"""People read at once."""
_LOCK_CLASS: Final = 0x5374
"""First half of the advisory locks that give one process at a time one audience."""

Contended = SerializationFailure
"""The audience changed while a push was planned: nothing was planned; look again."""


@dataclass(frozen=True)
class Audience:
    """One audience as the engine sees it.

    Attributes:
        platform_id: the platform's own id, None until it is created there.
        intent: mark that lets an audience created by us be recognised at the platform; it also chooses who is held out.
        cursor_tx: transactions below it have been planned; None: nothing has, or everything is to be compared again.
        ttl_s: seconds after which a member is let go; None: never.
        holdout_percent: share of the members who are never sent.
    """

    id: int
    workspace_id: int
    segment_id: int
    platform: str
    name: str
    account_id: str
    platform_id: str | None
    intent: str
    status: str
    cursor_tx: str | None
    requested_at: datetime | None
    ttl_s: int | None
    holdout_percent: int


@dataclass(frozen=True)
class Work:
    """One thing to do for one audience.

    Attributes:
        kind: request (an open push has one to send), delete, manual or scheduled.
        push_kind: for request, the kind of its push.
    """

    workspace_id: int
    audience_id: int
    platform: str
    kind: str
    push_kind: str


@dataclass(frozen=True)
class Concerned:
    """Everybody whom a plan concerns.

    Attributes:
        members: those who are in the segment and to be sent: neither held out nor members for too long.
        refused: those without consent; a person who is gone counts as refusing.
        identifiers: member → kind → normalised values; personal data.
        confirmed: whom the platform may hold, with what.
    """

    members: frozenset[ProfileId]
    refused: frozenset[ProfileId]
    identifiers: Mapping[ProfileId, Mapping[str, tuple[str, ...]]]
    confirmed: Mapping[ProfileId, Confirmed]


_AUDIENCE: Final = """
    SELECT id, workspace_id, segment_id, platform, name, account_id, platform_id, coalesce(intent, '') AS intent,
           status, cursor_tx::text AS cursor_tx, requested_at, ttl_s, holdout_percent
    FROM audiences WHERE id = %s
"""

_CERTAIN: Final = frozenset({"present", "accepted", "refused"})
"""States of a row that is not sent again: confirmed, taken in, or refused by the platform as it is."""
_MEMBERS: Final = """
    SELECT profile_id FROM memberships
    WHERE segment_id = %s AND profile_id = ANY(%s::uuid[]) AND NOT held_out(profile_id, %s, %s)
      AND (%s::int IS NULL OR since_at > now() - make_interval(secs => %s::int))
"""
_UNDONE: Final = """
    SELECT (pair->>0)::uuid, pair->1 FROM push_requests r JOIN pushes p ON p.id = r.push_id, jsonb_array_elements(r.rows) AS pair
    WHERE r.status = 'undone' AND p.audience_id = %s
"""
_LET_GO_INTERVAL: Final = timedelta(minutes=1)
"""How often an audience that follows its segment at once is looked at for people who are members for too long."""
_WORK: Final = """
    SELECT a.workspace_id, a.id AS audience_id, a.platform,
           CASE WHEN next.kind IS NOT NULL AND (a.status = 'active' OR next.kind IN ('urgent', 'delete')) THEN 'request'
                WHEN a.status = 'deleting' THEN 'delete'
                WHEN a.requested_at IS NOT NULL THEN 'manual'
                ELSE 'scheduled' END AS kind,
           coalesce(next.kind, '') AS push_kind
    FROM audiences a
    LEFT JOIN LATERAL (
        SELECT p.kind, coalesce((r.outcome->>'retry_at_ms')::bigint, 0) AS retry_at_ms
        FROM pushes p JOIN push_requests r ON r.push_id = p.id AND r.status = 'recorded'
        WHERE p.audience_id = a.id AND p.status = 'running'
        ORDER BY p.kind IN ('urgent', 'delete') DESC, p.id, r.seq LIMIT 1
    ) next ON true
    LEFT JOIN LATERAL (
        SELECT kind, status, ended_at FROM pushes
        WHERE audience_id = a.id AND kind <> 'urgent' ORDER BY id DESC LIMIT 1
    ) last ON true
    WHERE CASE
        WHEN a.status = 'deleted' THEN false
        WHEN next.kind IN ('urgent', 'delete') THEN next.retry_at_ms <= %(now_ms)s
        WHEN a.status = 'deleting' THEN last.kind IS DISTINCT FROM 'delete' OR last.ended_at <= %(now)s - %(failed_wait)s
        WHEN a.status <> 'active' THEN false
        WHEN next.kind IS NOT NULL THEN next.retry_at_ms <= %(now_ms)s
        WHEN a.requested_at IS NOT NULL THEN true
        WHEN last.status = 'failed' THEN last.ended_at <= %(now)s - %(failed_wait)s
        WHEN last.status = 'held' THEN true
        WHEN a.interval_s > 0 OR a.cursor_tx IS NULL OR a.last_pushed_at IS NULL
            THEN a.last_pushed_at IS NULL OR a.last_pushed_at <= %(now)s - make_interval(secs => a.interval_s)
        ELSE a.ttl_s IS NOT NULL AND a.last_pushed_at <= %(now)s - %(let_go)s OR EXISTS (
            SELECT 1 FROM changes c WHERE c.segment_id = a.segment_id AND c.tx >= a.cursor_tx
            AND c.tx < pg_snapshot_xmin(pg_current_snapshot()))
    END AND a.platform = ANY(%(platforms)s)
    ORDER BY next.kind IN ('urgent', 'delete') DESC NULLS LAST, a.id
"""


def work(conn: Connection[Any], platforms: Collection[str], now: datetime, failed_wait: timedelta) -> list[Work]:
    """List the audiences with something to do now, withdrawals and deletions first.

    An audience that follows its segment at once (interval 0) has something to do as soon as the segment changed; one that also lets people
    go by time is looked at now and then.

    Args:
        conn: any connection.
        platforms: where.
        now: clock.
        failed_wait: rest after a push that failed, unless somebody asks for one.
    """
    params: dict[str, Any] = {"platforms": list(platforms), "now": now, "now_ms": int(now.timestamp() * 1000), "failed_wait": failed_wait}
    params["let_go"] = _LET_GO_INTERVAL
    with conn.cursor(row_factory=class_row(Work)) as cursor:
        return cursor.execute(_WORK, params).fetchall()


def read_audience(conn: Connection[Any], audience_id: int) -> Audience | None:
    """Read one audience."""
    with conn.cursor(row_factory=class_row(Audience)) as cursor:
        return cursor.execute(_AUDIENCE, (audience_id,)).fetchone()


@contextmanager
def planning(conn: Connection[Any], audience_id: int) -> Iterator[tuple[Audience, str] | None]:
    """Open a planning transaction, the audience locked.

    It sees what commits while it goes on: the audit chain is continued as it commits, which a snapshot of its beginning could not do. That
    is harmless, because whatever commits then is at or above the xmin, and its people are planned again next time.

    Yields:
        The audience, and the xmin up to which the plan takes the outbox; None where the audience is gone.

    Raises:
        Contended: the audience changed meanwhile; nothing was written.
    """
    with conn.transaction():
        with conn.cursor(row_factory=class_row(Audience)) as cursor:
            audience = cursor.execute(_AUDIENCE + " FOR UPDATE", (audience_id,)).fetchone()
        xmin = conn.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text").fetchone()
        yield (audience, xmin[0]) if audience and xmin else None


@contextmanager
def alone(conn: Connection[Any], audience_id: int) -> Iterator[bool]:
    """Hold one audience for this process, so that each has one writer; yields False where another process has it."""
    lock = (_LOCK_CLASS, audience_id)
    row = conn.execute("SELECT pg_try_advisory_lock(%s, %s)", lock).fetchone()
    held = row is not None and bool(row[0])
    try:
        yield held
    finally:
        if held and not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def has_open_push(conn: Connection[Any], audience_id: int) -> bool:
    """Whether a push is under way that is not a withdrawal."""
    sql = "SELECT 1 FROM pushes WHERE audience_id = %s AND status = 'running' AND kind <> 'urgent' LIMIT 1"
    return conn.execute(sql, (audience_id,)).fetchone() is not None


def was_filled(conn: Connection[Any], audience_id: int) -> bool:
    """Whether the platform ever took in a row of the audience under the id that it has now."""
    sql = "SELECT 1 FROM audience_members WHERE audience_id = %s AND state IN ('present', 'accepted', 'leaving') LIMIT 1"
    if conn.execute(sql, (audience_id,)).fetchone() is not None:
        return True
    pushed = conn.execute("SELECT 1 FROM audiences WHERE id = %s AND last_pushed_at IS NOT NULL", (audience_id,)).fetchone()
    return pushed is not None


def changed_people(conn: Connection[Any], audience: Audience, xmin: str) -> list[UUID]:
    """List everybody whom the next push may concern: all members and all rows where nothing was ever planned."""
    if audience.cursor_tx is None:
        sql = """
            SELECT profile_id FROM memberships WHERE segment_id = %(segment)s
            UNION SELECT profile_id FROM audience_members WHERE audience_id = %(audience)s
        """
    else:
        sql = """
            SELECT profile_id FROM changes
            WHERE segment_id = %(segment)s AND tx >= %(cursor)s::xid8 AND tx < %(xmin)s::xid8
            UNION SELECT profile_id FROM audience_members WHERE audience_id = %(audience)s AND state IN ('adding', 'removing')
        """
        if audience.ttl_s is not None:
            sql += """
                UNION SELECT m.profile_id FROM memberships m JOIN audience_members h USING (profile_id)
                WHERE m.segment_id = %(segment)s AND h.audience_id = %(audience)s AND h.state <> 'leaving'
                  AND m.since_at <= now() - make_interval(secs => %(ttl)s)
            """
    sql += """
        UNION SELECT (pair->>0)::uuid FROM push_requests r JOIN pushes p ON p.id = r.push_id, jsonb_array_elements(r.rows) AS pair
        WHERE r.status = 'undone' AND p.audience_id = %(audience)s
    """
    params = {
        "segment": audience.segment_id,
        "audience": audience.id,
        "cursor": audience.cursor_tx,
        "xmin": xmin,
        "ttl": audience.ttl_s,
    }
    return [row[0] for row in conn.execute(sql, params)]


def concerned(conn: Connection[Any], audience: Audience, people: Sequence[UUID], purpose: str, kinds: Sequence[str]) -> Concerned:
    """Read what decides about these people, as of now.

    Args:
        conn: the planning transaction.
        audience: whose segment and rows are meant.
        people: profile ids; those that are gone are no members.
        purpose: consent purpose of the platform.
        kinds: identifier kinds that the platform matches by.
    """
    members: set[ProfileId] = set()
    identifiers: dict[ProfileId, dict[str, tuple[str, ...]]] = {}
    held: dict[ProfileId, Confirmed] = {}
    for chunk in _chunks(people):
        wanted = (audience.segment_id, chunk, audience.intent, audience.holdout_percent, audience.ttl_s, audience.ttl_s)
        members.update(ProfileId(row[0].bytes) for row in conn.execute(_MEMBERS, wanted))
        sql = "SELECT profile_id, row, state FROM audience_members WHERE audience_id = %s AND profile_id = ANY(%s::uuid[])"
        for profile_id, row, state in conn.execute(sql, (audience.id, chunk)):
            held[ProfileId(profile_id.bytes)] = Confirmed(tuple(row), state in _CERTAIN)
        sql = """
            SELECT profile_id, kind, array_agg(value) FROM identifiers
            WHERE workspace_id = %s AND profile_id = ANY(%s::uuid[]) AND kind = ANY(%s) GROUP BY profile_id, kind
        """
        for profile_id, kind, values in conn.execute(sql, (audience.workspace_id, chunk, list(kinds))):
            identifiers.setdefault(ProfileId(profile_id.bytes), {})[kind] = tuple(values)
    _with_undone(conn, audience.id, {person.bytes for person in people}, held)
    refused = refusing(conn, audience.workspace_id, people, purpose)
    return Concerned(frozenset(members), frozenset(refused), identifiers, held)


def _with_undone(conn: Connection[Any], audience_id: int, people: AbstractSet[bytes], held: dict[ProfileId, Confirmed]) -> None:
    """Add the rows of removals that were not done to what the platform may hold of these people."""
    for profile_id, told in conn.execute(_UNDONE, (audience_id,)):
        person, row = ProfileId(profile_id.bytes), tuple(told)
        known = held.get(person)
        if profile_id.bytes in people and known is None:
            held[person] = Confirmed(row, certain=False)
        elif profile_id.bytes in people and known is not None and row not in {known.row, *known.old}:
            held[person] = known._replace(old=(*known.old, row))


def refusing(conn: Connection[Any], workspace_id: int, people: Sequence[UUID], purpose: str) -> set[ProfileId]:
    """Find those who do not consent to the purpose now. An absorbed person stands for whoever absorbed it; one who is gone refuses."""
    sql = """
        SELECT asked.id, p.doc FROM unnest(%s::uuid[]) AS asked(id)
        LEFT JOIN identifiers i ON i.key = asked.id AND i.workspace_id = %s
        LEFT JOIN profiles p ON p.id = i.profile_id AND p.workspace_id = i.workspace_id
    """
    found = set()
    for chunk in _chunks(people):
        for asked, doc in conn.execute(sql, (chunk, workspace_id)):
            if doc is None or not consents(decode_person(doc).view, purpose):
                found.add(ProfileId(asked.bytes))
    return found


def _chunks(people: Sequence[UUID]) -> Iterator[str]:
    """Cut into chunks, each spelled as a ``uuid[]`` literal: several times cheaper than adapting a list item by item."""
    return ("{" + ",".join(map(str, people[start : start + CHUNK])) + "}" for start in range(0, len(people), CHUNK))
