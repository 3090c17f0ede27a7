"""Exports and archives of access that may still hold somebody who was erased."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.export import WITH_FILE, ExportStatus
from domain.privacy.access import WITH_FILE as ARCHIVES_WITH_FILE
from domain.privacy.access import ArchiveReason, ArchiveStatus, subject_of
from store import locks
from store.audit import trail
from store.connection import one_of
from store.privacy.archive_jobs import ACTOR

_REVOKE: Final = f"""
    SELECT revoke_exports(ARRAY(
        SELECT DISTINCT e.workspace_id FROM erasures e JOIN exports x USING (workspace_id)
        WHERE e.command = ANY(%s) AND e.identifiers > 0 AND x.started_at <= e.processed_at
          AND x.kind = 'file' AND x.status IN {one_of(WITH_FILE)}))
"""
_NEIGHBOURS: Final = f"""
    SELECT e.workspace_id, e.neighbours FROM erasures e
    WHERE e.command = ANY(%s) AND e.neighbours <> '{{}}' AND EXISTS (
        SELECT FROM access_archives a WHERE a.workspace_id = e.workspace_id
          AND a.status IN {one_of(ARCHIVES_WITH_FILE)} AND a.keys && e.neighbours)
"""
_STALE: Final = f"""
    UPDATE access_archives a SET
        status = CASE a.status WHEN '{ArchiveStatus.READY}' THEN '{ArchiveStatus.EXPIRED}'
            ELSE '{ArchiveStatus.REQUESTED}' END,
        reason = CASE a.status WHEN '{ArchiveStatus.READY}' THEN '{ArchiveReason.ERASED}'
            ELSE '' END
    FROM privacy_requests r
    WHERE a.workspace_id = %s AND a.status IN {one_of(ARCHIVES_WITH_FILE)} AND a.keys && %s
      AND r.id = a.request
    RETURNING a.request, r.command, a.status
"""
_CLEAR: Final = f"""
    SELECT e.command FROM erasures e JOIN erasure_progress p USING (command)
    WHERE e.command = ANY(%s) AND NOT EXISTS (
        SELECT FROM exports x WHERE x.workspace_id = e.workspace_id AND x.started_at <= p.seen_at
          AND x.kind = 'stream' AND x.status = '{ExportStatus.RUNNING}')
"""
_OF_WORKSPACE: Final = "SELECT id, workspace_id FROM exports WHERE id = ANY(%s)"


def without_exports(conn: Connection[Any], commands: Sequence[UUID]) -> set[UUID]:
    """Those erasures in whose workspace no export holds anybody from before.

    The transaction that removes a person revokes files; any that is there from before all the same
    is revoked here. A direct answer that began before has to end. What began after the person was
    removed does not see them.
    """
    conn.execute(_REVOKE, (list(commands),))
    return {row[0] for row in conn.execute(_CLEAR, (list(commands),))}


def without_archives_of_neighbours(conn: Connection[Any], commands: Sequence[UUID]) -> None:
    """End archives of access of people whose events named what was erased, and no longer do.

    An archive has events as they were when it was begun: one that is being written begins anew, and
    a whole one may not be downloaded any more, on record. Those of the erased themselves are ended
    by the transaction that removes them.

    Args:
        conn: in autocommit mode.
        commands: erasures whose neighbours are rewritten.
    """
    for workspace, keys in conn.execute(_NEIGHBOURS, (list(commands),)).fetchall():
        with conn.transaction():
            lock = (locks.EXPORT_FILES, workspace)
            conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock)
            ended = conn.execute(_STALE, (workspace, keys)).fetchall()
            for request, command, status in ended:
                if status == ArchiveStatus.EXPIRED:
                    detail = {"request": request, "reason": ArchiveReason.ERASED}
                    subject = subject_of(command)
                    trail.append(conn, workspace, ACTOR, "access.expired", subject, detail)


def workspaces_of(conn: Connection[Any], exports: Sequence[int]) -> dict[int, int]:
    """Export → its workspace."""
    return dict(conn.execute(_OF_WORKSPACE, (list(exports),)).fetchall())
