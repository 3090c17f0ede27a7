"""Ad platforms of a workspace: disconnected or not, and the result of the last check.

Credentials are settings of the installation and never here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from domain.activation.states import AudienceStatus
from store.audit import trail


@dataclass(frozen=True)
class Connected:
    """One platform of a workspace.

    Attributes:
        disconnected_at: since when its audiences rest; None: they do not.
        checked_at: of the last check.
        result: of the last check: ``ok`` or a reason; empty: never checked.
        advice: what to do.
    """

    platform: str
    disconnected_at: datetime | None
    checked_at: datetime | None
    result: str
    advice: str


_UPSERT: Final = (
    "INSERT INTO platform_connections AS c (workspace_id, platform) "
    "VALUES (%s, %s) ON CONFLICT DO NOTHING"
)


def listed(conn: Connection[Any], workspace: int) -> dict[str, Connected]:
    """What is known, by platform."""
    sql = (
        "SELECT platform, disconnected_at, checked_at, result, advice "
        "FROM platform_connections WHERE workspace_id = %s"
    )
    with conn.cursor(row_factory=class_row(Connected)) as cursor:
        return {row.platform: row for row in cursor.execute(sql, (workspace,))}


def disconnected(conn: Connection[Any], workspace: int, platform: str) -> bool:
    """Whether the workspace has disconnected it."""
    found = listed(conn, workspace).get(platform)
    return found is not None and found.disconnected_at is not None


def note_check(
    conn: Connection[Any], workspace: int, platform: str, result: str, advice: str, now: datetime
) -> None:
    """Store the result of a check.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        platform: which.
        result: a code.
        advice: a sentence; empty where none is needed.
        now: when it was checked.
    """
    conn.execute(_UPSERT, (workspace, platform))
    sql = (
        "UPDATE platform_connections SET checked_at = %s, result = %s, advice = %s "
        "WHERE workspace_id = %s AND platform = %s"
    )
    conn.execute(sql, (now, result, advice, workspace, platform))


def disconnect(
    conn: Connection[Any],
    workspace: int,
    actor: str,
    platform: str,
    now: datetime,
    detail: Mapping[str, str],
) -> list[int]:
    """Pause the platform's audiences; withdrawals and deletions continue.

    One that is disconnected already stays as it is.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        actor: for the audit log.
        platform: which.
        now: clock.
        detail: for the audit log.

    Returns:
        Ids of the active audiences, which the caller pauses.
    """
    conn.execute(_UPSERT, (workspace, platform))
    sql = """
        UPDATE platform_connections SET disconnected_at = %s, disconnected_by = %s
        WHERE workspace_id = %s AND platform = %s AND disconnected_at IS NULL
    """
    if conn.execute(sql, (now, actor, workspace, platform)).rowcount:
        trail.append(conn, workspace, actor, "platform.disconnect", f"platform:{platform}", detail)
    sql = (
        "SELECT id FROM audiences WHERE workspace_id = %s AND platform = %s "
        f"AND status = '{AudienceStatus.ACTIVE}' ORDER BY id"
    )
    return [row[0] for row in conn.execute(sql, (workspace, platform))]


def connect(conn: Connection[Any], workspace: int, actor: str, platform: str) -> None:
    """Let audiences of the platform be resumed and made again."""
    sql = (
        "UPDATE platform_connections SET disconnected_at = NULL, disconnected_by = NULL "
        "WHERE workspace_id = %s AND platform = %s AND disconnected_at IS NOT NULL"
    )
    if conn.execute(sql, (workspace, platform)).rowcount:
        trail.append(conn, workspace, actor, "platform.connect", f"platform:{platform}", {})
