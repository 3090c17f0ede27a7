"""Commands on alerts: acknowledge one, send notices once more that were given up.

Each runs in the caller's transaction `conn`, in which its row of the audit log names the `actor`;
there is none where nothing changes.
"""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.ids import WorkspaceId
from store.alerts import episodes, outbox
from store.audit import trail


def acknowledge(
    conn: Connection[Any], workspace: WorkspaceId, actor: str, alert: int, now: datetime
) -> bool:
    """Say that somebody takes care of an alert; whoever said so first stays.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        actor: who.
        alert: which.
        now: clock.

    Returns:
        False where there is no such open alert.
    """
    if episodes.acknowledge(conn, workspace, alert, actor, now):
        trail.append(conn, workspace, actor, "alert.acknowledge", f"alert:{alert}", {})
        return True
    found = episodes.by_id(conn, workspace, alert)
    return found is not None and found.resolved_at is None


def retry_dead(conn: Connection[Any], workspace: WorkspaceId, actor: str, now: datetime) -> int:
    """Queue given-up notices again, except those with something newer of their alert.

    Returns:
        How many.
    """
    count = outbox.retry_dead(conn, workspace, now)
    if count:
        trail.append(conn, workspace, actor, "alert.retry", "alerts", {"notices": count})
    return count
