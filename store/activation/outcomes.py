"""Applies the outcome of a request: confirmed, accepted, postponed, refused, failed, or lost.

Each is called in one transaction with whatever else follows. The other half of the journal is
`store.activation.pushes`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from store.activation.pushes import (
    CONFLICT,
    INSERT,
    ROWS,
    OpenRequest,
    close,
    leave_out,
    pushed,
    recorded,
)

_CONFIRM: Final = (
    INSERT + ", %(state)s, %(now)s" + ROWS + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s" + CONFLICT
    + "UPDATE SET row = excluded.row, state = excluded.state, pushed_at = excluded.pushed_at"
)  # fmt: skip
_DROP: Final = (
    "DELETE FROM audience_members m USING (SELECT sent.*" + ROWS + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s) gone"
    + " WHERE m.audience_id = %(audience)s AND m.profile_id = gone.profile_id AND m.row = gone.row"
)  # fmt: skip
_LEAVE: Final = (
    "UPDATE audience_members m SET state = 'leaving'" + ROWS
    + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s AND m.audience_id = %(audience)s AND m.profile_id = sent.profile_id"
    + " AND m.row = sent.row"
)  # fmt: skip
SETTLED: Final = """
    UPDATE pushes p SET sent = sent + %(rows)s, rejected = rejected + %(invalid)s, status
        = left_over.status,
           ended_at = CASE WHEN left_over.status IN ('done', 'failed') THEN %(now)s::timestamptz END
    FROM (SELECT CASE WHEN bool_or(status = 'recorded') THEN 'running'
        WHEN bool_or(status = 'accepted') THEN 'processing'
                      WHEN bool_or(status IN ('rejected', 'undone')) THEN 'failed'
                          ELSE 'done' END AS status
          FROM push_requests WHERE push_id = %(push)s) AS left_over
    WHERE p.id = %(push)s AND p.status IN ('running', 'processing') RETURNING p.status
"""
"""Counts rows and says how a push stands after one of its requests has ended."""
FORGET: Final = """
    UPDATE push_requests r SET status = 'abandoned' FROM pushes p
    WHERE p.id = r.push_id AND p.audience_id = %s AND r.status IN ('accepted', 'undone')
"""
"""Waits no longer for what became of an audience's requests: the audience is gone."""


def created(conn: Connection[Any], audience_id: int, platform_id: str) -> None:
    """Note the platform's own id of the audience."""
    conn.execute("UPDATE audiences SET platform_id = %s WHERE id = %s", (platform_id, audience_id))


def delivered(
    conn: Connection[Any], request: OpenRequest, rows: int, invalid: int, now: datetime
) -> bool:
    """Mark a request delivered with everything that follows from it, in the caller's transaction.

    Returns:
        Whether its push has nothing left to send.
    """
    names = {
        "push": request.push_id,
        "seq": request.seq,
        "audience": request.audience_id,
        "now": now,
        "state": "present",
    }
    if request.operation == "add":
        conn.execute(_CONFIRM, names)
    elif request.operation == "remove":
        conn.execute(_DROP, names)
    elif request.operation == "delete":
        conn.execute("DELETE FROM audience_members WHERE audience_id = %s", (request.audience_id,))
        conn.execute(
            "UPDATE audiences SET status = 'deleted' WHERE id = %s", (request.audience_id,)
        )
        conn.execute(FORGET, (request.audience_id,))
    outcome = Jsonb({"outcome": "delivered", "rows": rows, "invalid": invalid})
    sql = (
        "UPDATE push_requests SET status = 'delivered', outcome = %s, ended_at = %s WHERE push_id ="
        " %s AND seq = %s"
    )
    conn.execute(sql, (outcome, now, request.push_id, request.seq))
    return _settled(conn, request, rows, invalid, now)


def accepted(
    conn: Connection[Any],
    request: OpenRequest,
    rows: int,
    receipt: str,
    ask_at_ms: int,
    now: datetime,
) -> bool:
    """Mark a request as accepted: the platform reports its result later. Caller's transaction.

    Returns:
        Whether its push has nothing left to send.
    """
    names = {
        "push": request.push_id,
        "seq": request.seq,
        "audience": request.audience_id,
        "now": now,
        "state": "accepted",
    }
    conn.execute(_CONFIRM if request.operation == "add" else _LEAVE, names)
    outcome = Jsonb(
        {
            "outcome": "accepted",
            "receipt": receipt,
            "rows": rows,
            "asked": 0,
            "retry_at_ms": ask_at_ms,
        }
    )
    sql = (
        "UPDATE push_requests SET status = 'accepted', outcome = %s WHERE push_id = %s AND seq = %s"
    )
    conn.execute(sql, (outcome, request.push_id, request.seq))
    return _settled(conn, request, rows, 0, now)


def refuse_rows(
    conn: Connection[Any], request: OpenRequest, places: AbstractSet[int], reason: str
) -> int:
    """Take rows out of a request that the platform objects to, in the caller's transaction.

    The rest is sent again.

    The people are counted as skipped. Their rows are remembered as they are, so that they are not
    sent again until they change; a row that the platform cannot read was never on its list, so one
    that was to be removed is removed.

    Args:
        conn: inside the caller's transaction.
        request: whose rows.
        places: of the rows in the request, at least one of them.
        reason: code.

    Returns:
        How many were taken out.
    """
    pairs = recorded(conn, request) or []
    out = [pair for place, pair in enumerate(pairs) if place in places]
    leave_out(
        conn,
        request,
        [pair for place, pair in enumerate(pairs) if place not in places],
        reason,
        len(out),
    )
    if request.operation == "add":
        sql = (
            "UPDATE audience_members SET state = 'refused' WHERE audience_id = %s AND profile_id ="
            " %s AND row = %s"
        )
    else:
        sql = "DELETE FROM audience_members WHERE audience_id = %s AND profile_id = %s AND row = %s"
    with conn.cursor() as cursor:
        cursor.executemany(
            sql,
            [(request.audience_id, UUID(bytes=person), Jsonb(list(row))) for person, row in out],
        )
    return len(out)


def lost(conn: Connection[Any], audience_id: int, error: str, now: datetime) -> None:
    """Record that the audience is gone at its platform, in the caller's transaction.

    Its list is empty from then on, and it is requested again.
    """
    sql = "SELECT id FROM pushes WHERE audience_id = %s AND status IN ('running', 'processing')"
    for (push_id,) in conn.execute(sql, (audience_id,)).fetchall():
        close(conn, push_id, audience_id, "failed", error, now)
    conn.execute(FORGET, (audience_id,))
    conn.execute("DELETE FROM audience_members WHERE audience_id = %s", (audience_id,))
    sql = """
        UPDATE audiences SET platform_id = NULL, cursor_tx = NULL, cursor_id = NULL,
               requested_at = CASE WHEN status = 'active' THEN %s END, requested_by = CASE
                   WHEN status = 'active' THEN 'engine' END
        WHERE id = %s
    """
    conn.execute(sql, (now, audience_id))


def postpone(conn: Connection[Any], request: OpenRequest, reason: str, retry_at_ms: int) -> None:
    """Note that the request is to be sent again, and when."""
    outcome = Jsonb({"outcome": "retry", "reason": reason, "retry_at_ms": retry_at_ms})
    sql = (
        "UPDATE push_requests SET outcome = %s WHERE push_id = %s AND seq = %s AND status ="
        " 'recorded'"
    )
    conn.execute(sql, (outcome, request.push_id, request.seq))


def fail(
    conn: Connection[Any],
    request: OpenRequest,
    reason: str,
    detail: str,
    advice: str,
    now: datetime,
) -> None:
    """Give up a request and the rest of its push, in the caller's transaction."""
    outcome = Jsonb({"outcome": "rejected", "reason": reason, "detail": detail, "advice": advice})
    sql = (
        "UPDATE push_requests SET status = 'rejected', outcome = %s, ended_at = %s WHERE push_id ="
        " %s AND seq = %s"
    )
    conn.execute(sql, (outcome, now, request.push_id, request.seq))
    error = " ".join(filter(None, (f"{reason} ({detail})" if detail else reason, advice)))
    close(conn, request.push_id, request.audience_id, "failed", error, now)


def note_readback(conn: Connection[Any], push_id: int, readback: Mapping[str, int | str]) -> None:
    """Keep what the platform says about the audience after a push."""
    conn.execute("UPDATE pushes SET readback = %s WHERE id = %s", (Jsonb(dict(readback)), push_id))


def _settled(
    conn: Connection[Any], request: OpenRequest, rows: int, invalid: int, now: datetime
) -> bool:
    """Count a request that went out; whether its push has nothing left to send."""
    counted = {"push": request.push_id, "rows": rows, "invalid": invalid, "now": now}
    closed = conn.execute(SETTLED, counted).fetchone()
    all_sent = closed is not None and closed[0] != "running"
    if all_sent:
        pushed(conn, request.audience_id, request.kind, now)
    return all_sent
