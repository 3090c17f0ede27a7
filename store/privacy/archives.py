"""Archives of access as people see them: ordered, asked for again, linked to, downloaded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import args_row

from domain.privacy.access import UNDER_WAY, ArchiveReason, ArchiveStatus
from store import locks
from store.connection import one_of
from store.fetch import Pool, fetch, fetch_one

STATUS: Final = f"""CASE WHEN a.status = '{ArchiveStatus.READY}' AND a.expires_at <= now()
        THEN '{ArchiveStatus.EXPIRED}' ELSE a.status END"""
"""Of an archive `a`: a file that was kept long enough is gone, whether or not it is removed yet."""
PARTED: Final = """
    (SELECT count(DISTINCT i.profile_id) FROM identifiers i
     WHERE i.key = ANY(a.keys) AND i.workspace_id = a.workspace_id) > 1
"""
"""Whether an archive `a` holds what is several people's now: they were parted since."""
_SELECT: Final = f"""
    SELECT a.request, {STATUS}, CASE WHEN a.status = '{ArchiveStatus.READY}'
        AND a.expires_at <= now() THEN '{ArchiveReason.KEPT}' ELSE a.reason END, a.attempt,
        a.sections, a.size_bytes, a.sha256, a.started_at, a.finished_at, a.expires_at
    FROM access_archives a
"""
_OF_REQUESTS: Final = _SELECT + " WHERE a.request = ANY(%(ids)s) AND a.workspace_id = %(workspace)s"
_BY_TOKEN: Final = f"""
    SELECT l.id, l.token_hash, a.request, a.workspace_id, r.command, a.attempt, a.size_bytes,
        a.sha256
    FROM access_links l JOIN access_archives a ON a.request = l.request
        JOIN privacy_requests r ON r.id = a.request
    WHERE l.token_hash = %(digest)s AND l.expires_at > now() AND a.expires_at > now()
      AND a.status = '{ArchiveStatus.READY}' AND NOT {PARTED}
"""
_ADD: Final = f"""
    INSERT INTO access_archives (request, workspace_id, keys, status)
    SELECT id, workspace_id, keys, '{ArchiveStatus.REQUESTED}' FROM privacy_requests WHERE id = %s
"""
_WAITING: Final = f"""
    SELECT a.request, a.status FROM access_archives a JOIN privacy_requests r ON r.id = a.request
    WHERE a.workspace_id = %(workspace)s AND a.status IN {one_of(UNDER_WAY)}
      AND r.keys && %(keys)s ORDER BY a.request LIMIT 1
"""
_FINAL: Final = (ArchiveReason.ERASED, ArchiveReason.CANCELLED)
"""What is not written again."""
_AGAIN: Final = f"""
    UPDATE access_archives SET status = '{ArchiveStatus.REQUESTED}', reason = '', deaths = 0,
        finished_at = NULL
    WHERE request = %s AND status = '{ArchiveStatus.FAILED}' AND reason NOT IN {one_of(_FINAL)}
    RETURNING request
"""
_LINK: Final = f"""
    INSERT INTO access_links (request, token_hash, created_by, expires_at)
    SELECT request, %(digest)s, %(actor)s, least(expires_at, now() + %(lifetime)s::interval)
    FROM access_archives a WHERE request = %(request)s AND status = '{ArchiveStatus.READY}'
      AND expires_at > now() AND NOT {PARTED}
    RETURNING id, expires_at
"""


@dataclass(frozen=True)
class ArchiveRow:
    """One archive.

    Attributes:
        request: its number in the register.
        reason: why there is no file; empty where there is none.
        sections: section → rows written so far.
        sha256: of the file, 32 bytes.
    """

    request: int
    status: str
    reason: str
    attempt: int
    sections: dict[str, int]
    size_bytes: int | None
    sha256: bytes | None
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class LinkedArchive:
    """An archive that a link leads to.

    Attributes:
        link: number of the link.
        token_hash: of the link's token.
        command: digest of the request's id.
    """

    link: int
    token_hash: bytes
    request: int
    workspace: int
    command: UUID
    attempt: int
    size_bytes: int
    sha256: bytes


class Waiting(NamedTuple):
    """An access request whose archive is not written."""

    id: int
    status: str


class Link(NamedTuple):
    """A link, and until when it leads anywhere."""

    id: int
    expires_at: datetime


async def waiting(conn: AsyncConnection[Any], workspace: int, keys: list[UUID]) -> Waiting | None:
    """A request that names one of these identifiers already and whose archive is under way.

    Nobody else enters a request of the workspace before the transaction ends.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (locks.PRIVACY, workspace))
    async with conn.cursor(row_factory=args_row(Waiting)) as cursor:
        await cursor.execute(_WAITING, {"workspace": workspace, "keys": keys})
        return await cursor.fetchone()


async def add(conn: AsyncConnection[Any], request: int) -> None:
    """Order the archive of a request that has just entered the register."""
    await conn.execute(_ADD, (request,))


async def again(conn: AsyncConnection[Any], request: int) -> bool:
    """Order the archive of a failed request again; False where it has not failed."""
    cursor = await conn.execute(_AGAIN, (request,))
    return await cursor.fetchone() is not None


async def of_requests(pool: Pool, workspace: int, requests: list[int]) -> dict[int, ArchiveRow]:
    """The archives of those requests that have one, by request."""
    rows = await fetch(pool, ArchiveRow, _OF_REQUESTS, {"workspace": workspace, "ids": requests})
    return {row.request: row for row in rows}


async def link(
    conn: AsyncConnection[Any], request: int, digest: bytes, actor: str, lifetime: timedelta
) -> Link | None:
    """Make a link to an archive that is there.

    Args:
        conn: inside the caller's transaction.
        request: whose archive.
        digest: SHA-256 of the link's token.
        actor: who makes it.
        lifetime: how long it leads there; never longer than the archive is kept.

    Returns:
        None where there is no file, or it holds what is several people's now.
    """
    params = {"request": request, "digest": digest, "actor": actor, "lifetime": lifetime}
    async with conn.cursor(row_factory=args_row(Link)) as cursor:
        await cursor.execute(_LINK, params)
        return await cursor.fetchone()


async def by_token(pool: Pool, digest: bytes) -> LinkedArchive | None:
    """The archive that a link leads to now; None where it leads nowhere, for whatever reason.

    Args:
        pool: open pool.
        digest: SHA-256 of the token.
    """
    return await fetch_one(pool, LinkedArchive, _BY_TOKEN, {"digest": digest})
