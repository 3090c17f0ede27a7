"""Archives of access as their writer sees them: taken up, kept alive, finished.

One writer at a time has the lock of the database (`store.locks.ACCESS`): whatever is being written
when the lock is taken was left by a writer that died. A writer holds an archive by its attempt.
Every statement names it, so that whoever was thought dead, or whose archive ended because somebody
in it was erased, finds that it is no longer theirs.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.ids import WorkspaceId
from domain.privacy.access import (
    UNDER_WAY,
    WITH_FILE,
    ArchiveReason,
    ArchiveStatus,
    subject_of,
)
from domain.privacy.retention import RetentionClass
from store import locks
from store.audit import trail
from store.connection import one_of
from store.privacy.archives import PARTED

ACTOR: Final = "engine"
_DIES: Final = f"status = '{ArchiveStatus.PROCESSING}' AND deaths + 1 >= %(deaths)s"
_TAKE: Final = f"""
    WITH taken AS (
        UPDATE access_archives SET
            deaths = deaths + (status = '{ArchiveStatus.PROCESSING}')::int,
            attempt = attempt + 1, started_at = now(), sections = '{{}}',
            status = CASE WHEN {_DIES} THEN '{ArchiveStatus.FAILED}'
                ELSE '{ArchiveStatus.PROCESSING}' END,
            reason = CASE WHEN {_DIES} THEN '{ArchiveReason.WRITER_DIED}' ELSE '' END,
            finished_at = CASE WHEN {_DIES} THEN now() END
        WHERE request = (SELECT request FROM access_archives
            WHERE status IN {one_of(UNDER_WAY)} ORDER BY request LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING request, workspace_id, attempt, status)
    SELECT t.request, t.workspace_id, t.attempt, r.command, r.profile, r.keys, t.status
    FROM taken t JOIN privacy_requests r ON r.id = t.request
"""
_HELD: Final = (
    "WHERE request = %(request)s AND attempt = %(attempt)s"
    f" AND status = '{ArchiveStatus.PROCESSING}'"
)
_OWNERS: Final = """
    SELECT profile_id FROM identifiers WHERE key = ANY(%s) AND workspace_id = %s
    GROUP BY profile_id ORDER BY bool_or(key = %s) DESC, profile_id
"""
_KEYS: Final = "SELECT key FROM identifiers WHERE profile_id = %s AND workspace_id = %s"
_BEGIN: Final = f"UPDATE access_archives SET keys = %(keys)s {_HELD} RETURNING request"
_NOTE: Final = f"""
    UPDATE access_archives SET sections = %(sections)s {_HELD} RETURNING request
"""
_FINISH: Final = f"""
    UPDATE access_archives SET status = '{ArchiveStatus.READY}', sections = %(sections)s,
        size_bytes = %(size)s, sha256 = %(sha256)s, finished_at = now(),
        expires_at = now() + least(%(keep)s::interval, (SELECT make_interval(secs => p.keep_s)
            FROM retention_policies p WHERE p.workspace_id = access_archives.workspace_id
              AND p.class = '{RetentionClass.ARCHIVES}')) {_HELD} RETURNING request
"""
_COMPLETE: Final = """
    UPDATE privacy_requests SET completed_at = coalesce(completed_at, now()) WHERE id = %s
"""
_FAIL: Final = f"""
    UPDATE access_archives SET status = '{ArchiveStatus.FAILED}', reason = %(reason)s,
        finished_at = now() {_HELD} RETURNING request
"""
_RELEASE: Final = f"UPDATE access_archives SET status = '{ArchiveStatus.REQUESTED}' {_HELD}"
_EXPIRE: Final = f"""
    WITH expired AS (
        UPDATE access_archives a SET status = '{ArchiveStatus.EXPIRED}',
            reason = CASE WHEN expires_at <= now() THEN '{ArchiveReason.KEPT}'
                ELSE '{ArchiveReason.PARTED}' END
        WHERE status = '{ArchiveStatus.READY}' AND (expires_at <= now() OR {PARTED})
        RETURNING request, workspace_id, reason)
    SELECT e.request, e.workspace_id, r.command, e.reason
    FROM expired e JOIN privacy_requests r ON r.id = e.request
"""
_FORGET_LINKS: Final = "DELETE FROM access_links WHERE expires_at < now()"
_KEPT: Final = f"SELECT request, attempt FROM access_archives WHERE status IN {one_of(WITH_FILE)}"


class ReplacedError(Exception):
    """The archive is no longer this writer's."""


class ArchiveJob(NamedTuple):
    """One archive in somebody's hands.

    Attributes:
        request: its number in the register.
        attempt: names the writer.
        command: digest of the request's id.
        profile: whom it was asked for.
        keys: identifiers that the person had then.
    """

    request: int
    workspace: WorkspaceId
    attempt: int
    command: UUID
    profile: UUID
    keys: list[UUID]


class WrittenArchive(NamedTuple):
    """A file that is whole: rows by section, its size and its SHA-256."""

    sections: Mapping[str, int]
    size_bytes: int
    sha256: bytes


def take(conn: Connection[Any], deaths: int) -> ArchiveJob | None:
    """Take up the archive that has waited longest, or that a dead writer left.

    Args:
        conn: in autocommit mode, with `store.locks.ACCESS`.
        deaths: as many writers may die; then the archive has failed.

    Returns:
        None where there is none.
    """
    while True:
        with conn.transaction():
            row = conn.execute(_TAKE, {"deaths": deaths}).fetchone()
            if row is None:
                return None
            job = ArchiveJob(*row[:-1])
            if row[-1] == ArchiveStatus.PROCESSING:
                return job
            _record(conn, job, "access.failed", {"reason": ArchiveReason.WRITER_DIED})


def begin(conn: Connection[Any], reader: Connection[Any], job: ArchiveJob) -> UUID | ArchiveReason:
    """Open the snapshot that an archive is read from, and note whom it holds.

    An erasure either was committed before, and the snapshot does not have the person, or finds the
    archive by its identifiers and ends it.

    Args:
        conn: in autocommit mode.
        reader: at the beginning of a transaction, which becomes a read-only snapshot.
        job: whose.

    Returns:
        The id of the live person; a reason where there is not exactly one.

    Raises:
        ReplacedError: the archive is no longer this writer's.
    """
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (locks.EXPORT_FILES, job.workspace))
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = reader.execute(_OWNERS, (job.keys, job.workspace, job.profile)).fetchall()
        if not found:
            return ArchiveReason.GONE
        if len(found) > 1:
            return ArchiveReason.PARTED
        profile: UUID = found[0][0]
        keys = [key for (key,) in reader.execute(_KEYS, (profile, job.workspace))]
        _held(conn, _BEGIN, job, keys=sorted({*keys, *job.keys}))
    return profile


def note(conn: Connection[Any], job: ArchiveJob, sections: Mapping[str, int]) -> None:
    """Note how far the writer is.

    Raises:
        ReplacedError: the archive is no longer this writer's.
    """
    _held(conn, _NOTE, job, sections=Jsonb(dict(sections)))


def finish(
    conn: Connection[Any], job: ArchiveJob, written: WrittenArchive, keep: timedelta
) -> None:
    """Note that everything is written; after that it may be downloaded, and the request is done.

    Args:
        conn: in autocommit mode.
        job: what was written.
        written: the file.
        keep: how long it may be downloaded; where the workspace keeps archives for less, so long.

    Raises:
        ReplacedError: the archive is no longer this writer's; the file must go.
    """
    with conn.transaction():
        _held(
            conn,
            _FINISH,
            job,
            sections=Jsonb(dict(written.sections)),
            size=written.size_bytes,
            sha256=written.sha256,
            keep=keep,
        )
        conn.execute(_COMPLETE, (job.request,))
        told = {"sections": dict(written.sections), "size_bytes": written.size_bytes}
        _record(conn, job, "access.ready", told)


def fail(conn: Connection[Any], job: ArchiveJob, reason: ArchiveReason) -> None:
    """Give up; somebody may ask again.

    Raises:
        ReplacedError: the archive is no longer this writer's.
    """
    with conn.transaction():
        _held(conn, _FAIL, job, reason=reason)
        _record(conn, job, "access.failed", {"reason": reason})


def release(conn: Connection[Any], job: ArchiveJob) -> None:
    """Give an archive back, so that another process begins it anew."""
    conn.execute(_RELEASE, {"request": job.request, "attempt": job.attempt})


def expire(conn: Connection[Any]) -> int:
    """Let archives go that were kept long enough, or hold what is several people's now.

    On record; and links that are over.

    Args:
        conn: in autocommit mode.

    Returns:
        How many archives.
    """
    with conn.transaction():
        gone = conn.execute(_EXPIRE).fetchall()
        for request, workspace, command, reason in gone:
            detail = {"request": request, "reason": reason}
            trail.append(conn, workspace, ACTOR, "access.expired", subject_of(command), detail)
        conn.execute(_FORGET_LINKS)
    return len(gone)


def kept(conn: Connection[Any]) -> set[tuple[int, int]]:
    """(Request, attempt) of every file that may be there."""
    return {(request, attempt) for request, attempt in conn.execute(_KEPT)}


def workspaces_of(conn: Connection[Any], requests: Sequence[int]) -> dict[int, int]:
    """Request → its workspace."""
    sql = "SELECT request, workspace_id FROM access_archives WHERE request = ANY(%s)"
    return dict(conn.execute(sql, (list(requests),)).fetchall())


def _held(conn: Connection[Any], statement: str, job: ArchiveJob, **values: object) -> None:
    params = {"request": job.request, "attempt": job.attempt, **values}
    if conn.execute(statement.encode(), params).fetchone() is None:
        raise ReplacedError


def _record(conn: Connection[Any], job: ArchiveJob, action: str, detail: Mapping[str, Any]) -> None:
    told = {"request": job.request, **detail}
    trail.append(conn, job.workspace, ACTOR, action, subject_of(job.command), told)
