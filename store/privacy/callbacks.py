"""Callbacks as their sender sees them: entered, taken in hand, sent or given up.

    the status of a request changes ──▶ enter ──▶ claim ──▶ sent
                                                    │  ▲──── postpone
                                                    └──────▶ give_up

Those of one request and address are sent in the order in which they were entered.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.privacy.opendsr import Part, SubjectRequestStatus, SubjectRequestType, status_of
from store.audit import trail
from store.privacy.opendsr import PARTS

ACTOR: Final = "engine"
_LAST: Final = (SubjectRequestStatus.COMPLETED, SubjectRequestStatus.CANCELLED)
_OPEN: Final = f"""
    SELECT o.workspace_id, o.id, o.kind, o.cancelled_at IS NOT NULL, o.told, p.parts
    FROM opendsr_requests o CROSS JOIN LATERAL ({PARTS}) p
    WHERE cardinality(o.callbacks) > 0
        AND cardinality(p.requests) > 0
        AND (o.told IS NULL OR o.told NOT IN ('{_LAST[0]}', '{_LAST[1]}'))
    ORDER BY o.received_at
"""
_TELL: Final = """
    WITH changed AS (
        UPDATE opendsr_requests SET told = %(status)s
        WHERE workspace_id = %(workspace)s AND id = %(id)s AND told IS NOT DISTINCT FROM %(told)s
        RETURNING workspace_id, id, callbacks)
    INSERT INTO opendsr_callbacks (workspace_id, request, url, status)
    SELECT workspace_id, id, unnest(callbacks), %(status)s FROM changed
    ON CONFLICT DO NOTHING RETURNING id
"""
_CLAIM: Final = f"""
    WITH claimed AS (
        UPDATE opendsr_callbacks SET attempts = attempts + 1, next_at = %(now)s + %(lease)s
        WHERE id IN (
            SELECT c.id FROM opendsr_callbacks c
            WHERE c.sent_at IS NULL AND c.dead_at IS NULL AND c.next_at <= %(now)s
                AND NOT EXISTS (SELECT FROM opendsr_callbacks b
                    WHERE b.workspace_id = c.workspace_id AND b.request = c.request
                        AND b.url = c.url AND b.id < c.id
                        AND b.sent_at IS NULL AND b.dead_at IS NULL)
            ORDER BY c.next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING id, workspace_id, request, url, status, attempts)
    SELECT c.id, c.workspace_id, c.request, c.url, c.status, c.attempts, o.group_id, p.due_at,
        p.results
    FROM claimed c JOIN opendsr_requests o ON o.workspace_id = c.workspace_id AND o.id = c.request
        CROSS JOIN LATERAL ({PARTS}) p
    ORDER BY c.id
"""
_POSTPONE: Final = """
    UPDATE opendsr_callbacks SET next_at = %s, error = %s WHERE id = %s AND attempts = %s
"""
_RELEASE: Final = """
    UPDATE opendsr_callbacks SET next_at = %s, attempts = attempts - 1
    WHERE id = %s AND attempts = %s
"""
_SENT: Final = """
    UPDATE opendsr_callbacks SET sent_at = %s, error = '' WHERE id = %s AND sent_at IS NULL
    AND dead_at IS NULL RETURNING id
"""
_DEAD: Final = """
    UPDATE opendsr_callbacks SET dead_at = %s, error = %s WHERE id = %s AND sent_at IS NULL
    AND dead_at IS NULL RETURNING id
"""


class Callback(NamedTuple):
    """A callback that somebody has in hand.

    Attributes:
        request: its sender's id.
        attempts: this one included.
        due_at: when the last part of the request is due.
        results: how much was found so far.
    """

    id: int
    workspace: int
    request: UUID
    url: str
    status: str
    attempts: int
    group_id: str | None
    due_at: datetime
    results: int


def enter(conn: Connection[Any]) -> int:
    """Enter a callback for each address of each request whose status has changed.

    Args:
        conn: in autocommit mode.

    Returns:
        How many were entered.
    """
    entered = 0
    for workspace, request, kind, is_cancelled, told, parts in conn.execute(_OPEN).fetchall():
        found = [Part(*part) for part in parts]
        status = status_of(SubjectRequestType(kind), found, is_cancelled=is_cancelled)
        if status != told:
            params = {"workspace": workspace, "id": request, "told": told, "status": status}
            entered += len(conn.execute(_TELL, params).fetchall())
    return entered


def claim(conn: Connection[Any], now: datetime, lease: timedelta, limit: int) -> list[Callback]:
    """Take callbacks that are due in hand, nobody else meanwhile.

    Args:
        conn: in autocommit mode.
        now: clock.
        lease: others may take them after this.
        limit: how many at most.
    """
    params = {"now": now, "lease": lease, "limit": limit}
    return [Callback(*row) for row in conn.execute(_CLAIM, params).fetchall()]


def postpone(conn: Connection[Any], callback: Callback, at: datetime, reason: str) -> None:
    """Try again at an instant."""
    conn.execute(_POSTPONE, (at, reason, callback.id, callback.attempts))


def release(conn: Connection[Any], callback: Callback, now: datetime) -> None:
    """Give one back that was not tried."""
    conn.execute(_RELEASE, (now, callback.id, callback.attempts))


def sent(conn: Connection[Any], callback: Callback, host: str, now: datetime) -> None:
    """Note that one has arrived, on record once."""
    _end(conn, callback, _SENT, (now, callback.id), {"host": host, "outcome": "sent"})


def give_up(
    conn: Connection[Any], callback: Callback, host: str, reason: str, now: datetime
) -> None:
    """Note that one never arrives, on record once."""
    detail = {"host": host, "outcome": "given_up", "error": reason}
    _end(conn, callback, _DEAD, (now, reason, callback.id), detail)


def _end(
    conn: Connection[Any],
    callback: Callback,
    statement: str,
    params: tuple[object, ...],
    detail: dict[str, Any],
) -> None:
    with conn.transaction():
        if conn.execute(statement.encode(), params).fetchone() is not None:
            told = {"status": callback.status, "attempts": callback.attempts, **detail}
            subject = f"opendsr:{callback.request}"
            trail.append(conn, callback.workspace, ACTOR, "opendsr.callback", subject, told)
