"""Alerts as stored: the machine's memory, episodes, and who acknowledged them.

What an evaluation changes is one transaction.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from domain.alerts import Episode
from domain.ids import WorkspaceId
from operators.alerts.watches import AlertState
from store import locks


@dataclass(frozen=True)
class AlertRow:
    """One alert.

    Attributes:
        severity: now.
        members: keys of the conditions that it stands for besides its own.
        waiting: notices that are to be sent.
        dead: notices that were given up.
    """

    id: int
    key: str
    kind: str
    severity: str
    worst: str
    summary: str
    members: list[str]
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    waiting: int
    dead: int


@contextmanager
def try_lock(conn: Connection[Any]) -> Iterator[bool]:
    """Try to be the only process that evaluates, for one transaction; yields False otherwise."""
    with conn.transaction():
        row = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (locks.ALERTS,)).fetchone()
        yield row is not None and bool(row[0])


def load_state(conn: Connection[Any], workspace: WorkspaceId) -> AlertState:
    """The machine's state; empty where it never ran, or where the stored one cannot be read."""
    row = conn.execute(
        "SELECT state::text FROM alert_states WHERE workspace_id = %s", (workspace,)
    ).fetchone()
    try:
        return msgspec.json.decode(row[0], type=AlertState) if row else AlertState()
    except msgspec.DecodeError:
        return AlertState()


def save_state(
    conn: Connection[Any], workspace: WorkspaceId, state: AlertState, now: datetime
) -> None:
    """Store the machine's state."""
    sql = """
        INSERT INTO alert_states (workspace_id, state, looked_at) VALUES (%s, %s, %s)
        ON CONFLICT (workspace_id) DO UPDATE
            SET state = excluded.state, looked_at = excluded.looked_at
    """
    conn.execute(sql, (workspace, msgspec.json.encode(state).decode(), now))


def acknowledged(conn: Connection[Any], workspace: WorkspaceId) -> frozenset[str]:
    """Keys of open alerts that somebody acknowledged."""
    sql = (
        "SELECT key FROM alerts WHERE workspace_id = %s AND resolved_at IS NULL AND acknowledged_at"
        " IS NOT NULL"
    )
    return frozenset(row[0] for row in conn.execute(sql, (workspace,)))


def update_episodes(
    conn: Connection[Any], workspace: WorkspaceId, episodes: Iterable[Episode]
) -> None:
    """Update episodes without a notice."""
    sql = """
        UPDATE alerts SET severity = %s, summary = %s, members = %s
        WHERE workspace_id = %s AND key = %s AND resolved_at IS NULL
    """
    for one in episodes:
        conn.execute(
            sql,
            (
                one.severity.word,
                one.summary,
                msgspec.json.encode(one.members).decode(),
                workspace,
                one.key,
            ),
        )


_ALERTS: Final = """
    SELECT a.id, a.key, a.kind, a.severity, a.worst, a.summary, a.members, a.opened_at,
        a.changed_at, a.resolved_at, a.acknowledged_at,
           a.acknowledged_by, n.waiting, n.dead
    FROM alerts a CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE sent_at IS NULL
            AND dead_at IS NULL) AS waiting, count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead
        FROM alert_notices WHERE alert_id = a.id
    ) n
    WHERE a.workspace_id = %(workspace)s
"""


def page(
    conn: Connection[Any], workspace: WorkspaceId, *, lasting: bool, after: int | None, limit: int
) -> list[AlertRow]:
    """Alerts, the newest first.

    Args:
        conn: an open connection.
        workspace: tenant.
        lasting: only those that last.
        after: the last id of the previous page; None for the first page.
        limit: alerts per page.
    """
    sql = _ALERTS + """
        AND (NOT %(lasting)s OR a.resolved_at IS NULL)
        AND (%(after)s::bigint IS NULL OR a.id < %(after)s)
        ORDER BY a.id DESC LIMIT %(limit)s
    """  # fmt: skip
    return _rows(
        conn,
        sql,
        {"workspace": workspace, "lasting": lasting, "after": after, "limit": limit},
    )


def by_id(conn: Connection[Any], workspace: WorkspaceId, alert: int) -> AlertRow | None:
    """One alert; None where the workspace has none of this id."""
    found = _rows(conn, _ALERTS + " AND a.id = %(alert)s", {"workspace": workspace, "alert": alert})
    return found[0] if found else None


def acknowledge(
    conn: Connection[Any], workspace: WorkspaceId, alert: int, actor: str, now: datetime
) -> bool:
    """Record who takes care of an alert, where nobody does yet.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        alert: which.
        actor: who.
        now: clock.

    Returns:
        False where there is no such open alert, or somebody takes care of it already.
    """
    sql = """
        UPDATE alerts SET acknowledged_at = %s, acknowledged_by = %s
        WHERE workspace_id = %s AND id = %s AND resolved_at IS NULL AND acknowledged_at IS NULL
        RETURNING id
    """
    return conn.execute(sql, (now, actor, workspace, alert)).fetchone() is not None


def _rows(conn: Connection[Any], sql: LiteralString, names: Mapping[str, Any]) -> list[AlertRow]:
    with conn.cursor(row_factory=class_row(AlertRow)) as cursor:
        return cursor.execute(sql, names).fetchall()
