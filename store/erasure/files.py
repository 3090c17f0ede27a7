"""Exports that may still hold somebody who was erased."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.export import WITH_FILE, ExportStatus
from store.connection import one_of

_REVOKE: Final = f"""
    SELECT revoke_exports(ARRAY(
        SELECT DISTINCT e.workspace_id FROM erasures e JOIN exports x USING (workspace_id)
        WHERE e.command = ANY(%s) AND e.identifiers > 0 AND x.started_at <= e.processed_at
          AND x.kind = 'file' AND x.status IN {one_of(WITH_FILE)}))
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


def workspaces_of(conn: Connection[Any], exports: Sequence[int]) -> dict[int, int]:
    """Export → its workspace."""
    return dict(conn.execute(_OF_WORKSPACE, (list(exports),)).fetchall())
