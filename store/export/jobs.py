"""Exports as their writers see them: taken up, kept alive, finished.

A writer that falls silent is replaced; one that was replaced notices.

A writer holds an export by its attempt. Every statement names it, so that whoever was thought dead,
or whose export was cancelled, or restarted because a person was erased or withdrew consent, finds
that it is no longer theirs.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple

import msgspec
from psycopg import Connection

from domain.export import WITH_FILE, ExportCounts, ExportSpec, ExportStatus
from store import locks
from store.audit import trail
from store.connection import one_of
from store.export.exports import subject

_SILENT: Final = f"e.status = '{ExportStatus.RUNNING}' AND e.heartbeat_at < now() - %(lease)s"
_DIES: Final = f"e.status = '{ExportStatus.RUNNING}' AND e.deaths + 1 >= %(deaths)s"
_WAITING: Final = f"""
    SELECT e.id, e.workspace_id FROM exports e
    WHERE e.kind = 'file' AND (e.status = '{ExportStatus.QUEUED}' OR ({_SILENT}))
    ORDER BY (SELECT count(*) FROM exports r WHERE r.workspace_id = e.workspace_id
        AND r.kind = 'file' AND r.status = '{ExportStatus.RUNNING}'), e.id
    LIMIT 1
"""
_TAKE: Final = f"""
    UPDATE exports e SET deaths = deaths + (status = '{ExportStatus.RUNNING}')::int,
        attempt = attempt + 1, started_at = now(), heartbeat_at = now(),
        evaluated = 0, rows = 0, without_consent = 0, without_identifier = 0,
        status = CASE WHEN {_DIES} THEN '{ExportStatus.FAILED}' ELSE '{ExportStatus.RUNNING}' END,
        reason = CASE WHEN {_DIES} THEN 'writer_died' ELSE '' END,
        finished_at = CASE WHEN {_DIES} THEN now() END
    WHERE id = %(id)s AND (status = '{ExportStatus.QUEUED}' OR ({_SILENT}))
    RETURNING id, workspace_id, spec, requested_by, attempt, status
"""
_COUNTS: Final = """evaluated = %(evaluated)s, rows = %(rows)s,
    without_consent = %(without_consent)s,
    without_identifier = %(without_identifier)s, heartbeat_at = now()"""
_HELD: Final = (
    f"WHERE id = %(id)s AND attempt = %(attempt)s AND (status = '{ExportStatus.RUNNING}'"
    " OR (kind = 'stream' AND reason = 'broken_off'))"
)
_BEAT: Final = "UPDATE exports SET " + _COUNTS + " " + _HELD + " RETURNING id"
_FINISH: Final = (
    "UPDATE exports SET "
    + _COUNTS
    + ", status = %(status)s, reason = %(reason)s, size_bytes = %(size)s, sha256 = %(sha256)s,"
    " finished_at = now(), expires_at = now() + %(keep)s::interval " + _HELD + " RETURNING id"
)
_RELEASE: Final = (
    f"UPDATE exports SET status = '{ExportStatus.QUEUED}' WHERE id = %s AND attempt = %s"
    f" AND status = '{ExportStatus.RUNNING}' AND kind = 'file'"
)
_EXPIRE: Final = f"""
    UPDATE exports SET finished_at = coalesce(finished_at, now()),
        status = CASE kind WHEN 'file' THEN '{ExportStatus.EXPIRED}'
            ELSE '{ExportStatus.FAILED}' END,
        reason = CASE kind WHEN 'file' THEN reason ELSE 'broken_off' END
    WHERE (kind = 'file' AND status = '{ExportStatus.DONE}' AND expires_at <= now())
       OR (kind = 'stream' AND status = '{ExportStatus.RUNNING}' AND heartbeat_at < now() - %s)
"""
_KEPT: Final = (
    f"SELECT id, attempt FROM exports WHERE kind = 'file' AND status IN {one_of(WITH_FILE)}"
)


class ReplacedError(Exception):
    """The export is no longer this writer's."""


class ExportJob(NamedTuple):
    """One export in somebody's hands.

    Attributes:
        attempt: names the writer.
    """

    id: int
    workspace: int
    spec: ExportSpec
    requested_by: str
    attempt: int


class Written(NamedTuple):
    """A file that is whole: its size and its SHA-256."""

    size_bytes: int
    sha256: bytes


class _Ending(NamedTuple):
    """How an export ends: why it failed, or the file and how long it is kept."""

    status: ExportStatus
    reason: str = ""
    written: Written | None = None
    keep: timedelta | None = None


def take(conn: Connection[Any], lease: timedelta, deaths: int) -> ExportJob | None:
    """Take up the export that has waited longest, or whose writer fell silent.

    Workspaces without one under way come first.

    Args:
        conn: in autocommit mode.
        lease: a writer that says nothing for so long is dead.
        deaths: as many writers may die; then the export has failed.

    Returns:
        None where there is none.
    """
    while True:
        with conn.transaction():
            row = conn.execute(_WAITING, {"lease": lease}).fetchone()
            if row is None:
                return None
            conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (locks.EXPORT_FILES, row[1]))
            taken = conn.execute(_TAKE, {"id": row[0], "lease": lease, "deaths": deaths}).fetchone()
            if taken is not None and taken[5] == ExportStatus.FAILED:
                job = _job(taken)
                trail.append(
                    conn,
                    job.workspace,
                    "engine",
                    "export.fail",
                    subject(job.spec),
                    {"export": job.id, "reason": "writer_died"},
                )
        if taken is not None and taken[5] == ExportStatus.RUNNING:
            return _job(taken)


def beat(conn: Connection[Any], job: ExportJob, counts: ExportCounts) -> None:
    """Say that the writer lives, and how far it is.

    Raises:
        ReplacedError: it is no longer its writer.
    """
    if (
        conn.execute(
            _BEAT, {"id": job.id, "attempt": job.attempt, **msgspec.to_builtins(counts)}
        ).fetchone()
        is None
    ):
        raise ReplacedError


def finish(
    conn: Connection[Any],
    job: ExportJob,
    counts: ExportCounts,
    written: Written | None,
    keep: timedelta,
) -> None:
    """Note that everything is written, with the audit entry that says how many.

    After that a file may be downloaded.

    Args:
        conn: in autocommit mode.
        job: what was written.
        counts: how many.
        written: the file; None where it was a stream.
        keep: how long a file may be downloaded.

    Raises:
        ReplacedError: it is no longer its writer; the file must go.
    """
    kept = None if written is None else keep
    _end(conn, job, counts, _Ending(ExportStatus.DONE, written=written, keep=kept))


def fail(conn: Connection[Any], job: ExportJob, counts: ExportCounts, reason: str) -> None:
    """Give up.

    Raises:
        ReplacedError: it is no longer its writer.
    """
    _end(conn, job, counts, _Ending(ExportStatus.FAILED, reason))


def release(conn: Connection[Any], job: ExportJob) -> None:
    """Release an export, so that another process restarts it."""
    conn.execute(_RELEASE, (job.id, job.attempt))


def expire(conn: Connection[Any], lease: timedelta) -> None:
    """Let files go that were kept long enough; streams that fell silent were broken off."""
    conn.execute(_EXPIRE, (lease,))


def kept(conn: Connection[Any]) -> set[tuple[int, int]]:
    """(Export, attempt) of every file that may be there."""
    return {(export, attempt) for export, attempt in conn.execute(_KEPT)}


def _end(conn: Connection[Any], job: ExportJob, counts: ExportCounts, ending: _Ending) -> None:
    numbers: dict[str, Any] = msgspec.to_builtins(counts)
    written, reason = ending.written, ending.reason
    params = {
        "id": job.id,
        "attempt": job.attempt,
        "status": ending.status,
        "reason": reason,
        "keep": ending.keep,
        "size": None,
        "sha256": None,
    }
    if written is not None:
        params |= {"size": written.size_bytes, "sha256": written.sha256}
    with conn.transaction():
        if conn.execute(_FINISH, params | numbers).fetchone() is None:
            raise ReplacedError
        detail = {"export": job.id, **numbers, **({"reason": reason} if reason else {})}
        if written is not None:
            detail |= {"size_bytes": written.size_bytes, "sha256": written.sha256.hex()}
        trail.append(
            conn,
            job.workspace,
            "engine",
            "export.done" if ending.status == ExportStatus.DONE else "export.fail",
            subject(job.spec),
            detail,
        )


def _job(row: tuple[Any, ...]) -> ExportJob:
    export, workspace, spec, actor, attempt, _ = row
    return ExportJob(export, workspace, msgspec.convert(spec, ExportSpec), actor, attempt)
