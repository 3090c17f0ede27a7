"""Revokes export files that may hold people who have just withdrawn the consent they serve.

Of whoever is restricted, it is every file that may hold them, whatever it serves.

Guarantee: a file is written either from before the withdrawal, and is found here, or by a writer
that begins after its commit and does not see the consent any more: both take the workspace's lock
of exports.
"""

from typing import Final

import psycopg

from domain.changes import Changes
from domain.export import WITH_FILE, ExportStatus
from domain.ids import ProfileId, WorkspaceId
from domain.profiles.consent import ANY_USE
from store import locks
from store.connection import Keys, one_of

REASON: Final = "withdrawn"
"""Why a file was revoked, or never finished: somebody in it no longer consents."""
RESTARTS: Final = 5
"""How often a file begins again; then it has failed, so that its writer has an end."""
_SHARED: Final = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
_ALONE: Final = "SELECT pg_advisory_xact_lock(%s, %s)"
# Whoever was ever put into a segment may be in its files, under any id that they were known by; of
# a rule nobody notes whom it holds for.
_REVOKE: Final = f"""
UPDATE exports x SET
    status = CASE WHEN status <> '{ExportStatus.RUNNING}' THEN '{ExportStatus.REVOKED}'
        WHEN restarts < {RESTARTS} THEN '{ExportStatus.QUEUED}' ELSE '{ExportStatus.FAILED}' END,
    reason = CASE WHEN status = '{ExportStatus.RUNNING}' AND restarts < {RESTARTS} THEN ''
        ELSE '{REASON}' END,
    finished_at = CASE WHEN status = '{ExportStatus.RUNNING}' AND restarts >= {RESTARTS} THEN now()
        ELSE finished_at END,
    restarts = restarts + (status = '{ExportStatus.RUNNING}')::integer
WHERE workspace_id = %s AND kind = 'file' AND status IN {one_of(WITH_FILE)}
  AND (spec->>'purpose' = %s OR %s)
  AND (spec->>'segment' IS NULL OR EXISTS (
      SELECT FROM changes c
      WHERE c.profile_id = ANY(%s || ARRAY(SELECT key FROM identifiers WHERE profile_id = ANY(%s)))
        AND c.segment_id = (x.spec->>'segment')::integer AND c.delta > 0))
"""


def lock_files(cursor: psycopg.Cursor, changes: Changes) -> None:
    """Take the locks of the files of those workspaces in which people withdraw or are erased.

    Before anything is written, in one order: whoever erases takes the lock alone, by a trigger, and
    must not wait for it while others wait for rows.

    Args:
        cursor: of the commit, nothing written yet.
        changes: to be committed.
    """
    erasing = {erasure.workspace for erasure in changes.erasures}
    for workspace in sorted(erasing | {one.workspace for one in changes.withdrawals}):
        lock = _ALONE if workspace in erasing else _SHARED
        cursor.execute(lock, (locks.EXPORT_FILES, workspace))


def revoke_exports(cursor: psycopg.Cursor, changes: Changes) -> None:
    """Revoke the files of every withdrawal of a commit.

    Those being written begin again, `RESTARTS` times.

    Args:
        cursor: of the commit, everything else written; `lock_files` was called.
        changes: to be committed.
    """
    lost: dict[tuple[WorkspaceId, str], set[ProfileId]] = {}
    for one in changes.withdrawals:
        lost.setdefault((one.workspace, one.purpose), set()).update(one.people)
    for (workspace, purpose), people in sorted(lost.items()):
        keys = Keys(sorted(people))
        cursor.execute(_REVOKE, (workspace, purpose, purpose == ANY_USE, keys, keys))
