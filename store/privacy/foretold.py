"""What the erasure of a person would remove, read as of now; nothing is changed.

Every statement is led by an index of the person's identifiers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString, TypeVar
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row

from domain.event import COMMANDS

T = TypeVar("T")
EVENTS: Final = """
    SELECT e.source_id, s.name, e.events, e.first_at, e.last_at FROM (
        SELECT source_id, count(*) AS events, min(occurred_at) AS first_at,
            max(occurred_at) AS last_at
        FROM events WHERE leaf = ANY(%(keys)s) AND workspace_id = %(workspace)s
            AND type <> ALL(%(commands)s)
        GROUP BY source_id
    ) e LEFT JOIN sources s ON s.id = e.source_id ORDER BY e.source_id
"""
# A link between two of them is found from either end.
LINKS: Final = """
    SELECT count(*) FROM (
        SELECT a, b FROM links WHERE a = ANY(%(keys)s) AND workspace_id = %(workspace)s
        UNION SELECT a, b FROM links WHERE b = ANY(%(keys)s) AND workspace_id = %(workspace)s) named
"""
MERGES: Final = """
    SELECT count(*) FROM (
        SELECT id FROM merges WHERE workspace_id = %(workspace)s AND survivor = ANY(%(keys)s)
        UNION SELECT id FROM merges WHERE workspace_id = %(workspace)s AND other = ANY(%(keys)s)
    ) named
"""
SEGMENTS: Final = """
    SELECT s.id, s.name FROM memberships m JOIN segments s ON s.id = m.segment_id
    WHERE m.profile_id = %(profile)s AND m.workspace_id = %(workspace)s ORDER BY s.id
"""
# They may be listed under an id that was merged away, which is a key of theirs.
AUDIENCES: Final = """
    SELECT a.id, a.platform, a.name, m.state FROM audience_members m
        JOIN audiences a ON a.id = m.audience_id
    WHERE m.profile_id = ANY(%(keys)s) AND a.workspace_id = %(workspace)s
    GROUP BY a.id, a.platform, a.name, m.state ORDER BY a.id, m.state
"""
PUSHES: Final = """
    SELECT a.platform, count(DISTINCT p.id) FROM push_requests q JOIN pushes p ON p.id = q.push_id
        JOIN audiences a ON a.id = p.audience_id
    WHERE people_of(q.rows) && %(keys)s AND p.workspace_id = %(workspace)s
    GROUP BY a.platform ORDER BY a.platform
"""
EXPORTS: Final = """
    SELECT count(*) FILTER (WHERE status = 'done'), count(*) FILTER (WHERE status = 'running')
    FROM exports WHERE workspace_id = %(workspace)s AND kind = 'file'
        AND status IN ('done', 'running')
"""
SHARED: Final = """
    SELECT count(DISTINCT i.profile_id) FROM (
        SELECT b AS key FROM links WHERE a = ANY(%(keys)s) AND status IN ('refused', 'banned')
        UNION SELECT a FROM links WHERE b = ANY(%(keys)s) AND status IN ('refused', 'banned')
    ) far JOIN identifiers i ON i.key = far.key
    WHERE i.workspace_id = %(workspace)s AND i.profile_id <> %(profile)s
"""


@dataclass(frozen=True)
class SourceEvents:
    """Events of one source that the person's identifiers received.

    Attributes:
        source: its id; `name` is None where it is gone.
    """

    source: int
    name: str | None
    events: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class NamedSegment:
    """A segment that the person is in."""

    id: int
    name: str


@dataclass(frozen=True)
class ListingAudience:
    """An audience that has a row of the person; only `present` is confirmed."""

    id: int
    platform: str
    name: str
    state: str


@dataclass(frozen=True)
class PlatformPushes:
    """How many pushes to a platform carried the person."""

    platform: str
    pushes: int


@dataclass(frozen=True)
class ExportFiles:
    """Files of the workspace: those that are revoked, and those whose writing begins anew."""

    revoked: int
    restarted: int


@dataclass(frozen=True)
class Foretold:
    """What would be removed, and where.

    Attributes:
        shared: other people with whom a refused or banned link connects the person.
    """

    events: list[SourceEvents]
    links: int
    merges: int
    segments: list[NamedSegment]
    audiences: list[ListingAudience]
    pushes: list[PlatformPushes]
    exports: ExportFiles
    shared: int


def foretold(conn: Connection[Any], workspace: int, profile: UUID, keys: list[UUID]) -> Foretold:
    """Read what the erasure of a person would remove, as of one instant.

    Args:
        conn: inside a transaction of its own.
        workspace: tenant.
        profile: id of a live person.
        keys: all identifiers of that person.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    params = {
        "workspace": workspace, "profile": profile, "keys": keys, "commands": list(COMMANDS)
    }  # fmt: skip

    def rows(make: Callable[..., T], sql: LiteralString) -> list[T]:
        with conn.cursor(row_factory=args_row(make)) as cursor:
            return cursor.execute(sql, params).fetchall()

    return Foretold(
        events=rows(SourceEvents, EVENTS),
        links=rows(int, LINKS)[0],
        merges=rows(int, MERGES)[0],
        segments=rows(NamedSegment, SEGMENTS),
        audiences=rows(ListingAudience, AUDIENCES),
        pushes=rows(PlatformPushes, PUSHES),
        exports=rows(ExportFiles, EXPORTS)[0],
        shared=rows(int, SHARED)[0],
    )
