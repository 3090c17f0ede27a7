"""Apply the outcome of a request to the journal and to the rows of its people.

It is confirmed, taken in, refused in part, postponed, given up, or the whole audience is lost.

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

from domain.activation.states import (
    UNFINISHED,
    AudienceStatus,
    Operation,
    PushStatus,
    RequestStatus,
    RowState,
)
from store.activation.pushes import CONFLICT, INSERT, ROWS, close, pushed
from store.activation.requests import OpenRequest, leave_out, recorded
from store.connection import one_of

_CONFIRM: Final = (
    INSERT + ", %(state)s, %(now)s" + ROWS
    + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s" + CONFLICT
    + "UPDATE SET row = excluded.row, state = excluded.state, pushed_at = excluded.pushed_at"
)  # fmt: skip
_DROP: Final = (
    "DELETE FROM audience_members m USING (SELECT sent.*" + ROWS
    + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s) gone"
    + " WHERE m.audience_id = %(audience)s AND m.profile_id = gone.profile_id AND m.row = gone.row"
)  # fmt: skip
_LEAVE: Final = (
    f"UPDATE audience_members m SET state = '{RowState.LEAVING}'" + ROWS
    + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s AND m.audience_id = %(audience)s "
      "AND m.profile_id = sent.profile_id"
    + " AND m.row = sent.row"
)  # fmt: skip
_ENDED: Final = (PushStatus.DONE, PushStatus.FAILED)
_NOT_DONE: Final = (RequestStatus.REJECTED, RequestStatus.UNDONE)
SETTLED: Final = f"""
    UPDATE pushes p
    SET sent = sent + %(rows)s, rejected = rejected + %(invalid)s, status = left_over.status,
        ended_at = CASE WHEN left_over.status IN {one_of(_ENDED)} THEN %(now)s::timestamptz END
    FROM (SELECT CASE
              WHEN bool_or(status = '{RequestStatus.RECORDED}') THEN '{PushStatus.RUNNING}'
              WHEN bool_or(status = '{RequestStatus.ACCEPTED}') THEN '{PushStatus.PROCESSING}'
              WHEN bool_or(status IN {one_of(_NOT_DONE)}) THEN '{PushStatus.FAILED}'
              ELSE '{PushStatus.DONE}' END AS status
          FROM push_requests WHERE push_id = %(push)s) AS left_over
    WHERE p.id = %(push)s AND p.status IN {one_of(UNFINISHED)} RETURNING p.status
"""
"""Counts rows and says how a push stands after one of its requests has ended."""
FORGET: Final = f"""
    UPDATE push_requests r SET status = '{RequestStatus.ABANDONED}' FROM pushes p
    WHERE p.id = r.push_id AND p.audience_id = %s
      AND r.status IN {one_of((RequestStatus.ACCEPTED, RequestStatus.UNDONE))}
"""
"""Stops waiting for the results of an audience's requests: the audience is gone."""


def created(conn: Connection[Any], audience_id: int, platform_id: str) -> None:
    """Note the platform's own id of the audience."""
    conn.execute("UPDATE audiences SET platform_id = %s WHERE id = %s", (platform_id, audience_id))


def delivered(
    conn: Connection[Any], request: OpenRequest, rows: int, invalid: int, now: datetime
) -> bool:
    """Mark a request delivered with everything that follows from it, in the caller's transaction.

    Args:
        conn: inside the caller's transaction.
        request: which.
        rows: rows that the platform took in.
        invalid: rows that it says it could not use.
        now: clock.

    Returns:
        Whether its push has nothing left to send.
    """
    names = {
        "push": request.push_id,
        "seq": request.seq,
        "audience": request.audience_id,
        "now": now,
        "state": RowState.PRESENT,
    }
    if request.operation == Operation.ADD:
        conn.execute(_CONFIRM, names)
    elif request.operation == Operation.REMOVE:
        conn.execute(_DROP, names)
    elif request.operation == Operation.DELETE:
        conn.execute("DELETE FROM audience_members WHERE audience_id = %s", (request.audience_id,))
        conn.execute(
            f"UPDATE audiences SET status = '{AudienceStatus.DELETED}' WHERE id = %s",
            (request.audience_id,),
        )
        conn.execute(FORGET, (request.audience_id,))
    outcome = Jsonb({"outcome": "delivered", "rows": rows, "invalid": invalid})
    sql = (
        f"UPDATE push_requests SET status = '{RequestStatus.DELIVERED}', outcome = %s, "
        "ended_at = %s WHERE push_id = %s AND seq = %s"
    )
    conn.execute(sql, (outcome, now, request.push_id, request.seq))
    return _acknowledge(conn, request, rows, invalid, now)


def accepted(
    conn: Connection[Any],
    request: OpenRequest,
    rows: int,
    receipt: str,
    ask_at_ms: int,
    now: datetime,
) -> bool:
    """Mark a request as taken in by a platform that reports the result later.

    Runs in the caller's transaction.

    Args:
        conn: inside the caller's transaction.
        request: which.
        rows: rows that the platform took in.
        receipt: by which its result is asked for.
        ask_at_ms: when to ask first.
        now: clock.

    Returns:
        Whether its push has nothing left to send.
    """
    names = {
        "push": request.push_id,
        "seq": request.seq,
        "audience": request.audience_id,
        "now": now,
        "state": RowState.ACCEPTED,
    }
    conn.execute(_CONFIRM if request.operation == Operation.ADD else _LEAVE, names)
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
        f"UPDATE push_requests SET status = '{RequestStatus.ACCEPTED}', outcome = %s "
        "WHERE push_id = %s AND seq = %s"
    )
    conn.execute(sql, (outcome, request.push_id, request.seq))
    return _acknowledge(conn, request, rows, 0, now)


def refuse_rows(
    conn: Connection[Any], request: OpenRequest, indexes: AbstractSet[int], reason: str
) -> int:
    """Take rows out of a request that the platform objects to, in the caller's transaction.

    The rest is sent again.

    The people are counted as skipped. Their rows are remembered as they are, so that they are not
    sent again until they change; a row that the platform cannot read was never on its list, so one
    that was to be removed is removed.

    Args:
        conn: inside the caller's transaction.
        request: whose rows.
        indexes: of the rows in the request, at least one of them.
        reason: code.

    Returns:
        How many were taken out.
    """
    pairs = recorded(conn, request) or []
    out = [pair for place, pair in enumerate(pairs) if place in indexes]
    leave_out(
        conn,
        request,
        [pair for place, pair in enumerate(pairs) if place not in indexes],
        reason,
        len(out),
    )
    if request.operation == Operation.ADD:
        sql = (
            f"UPDATE audience_members SET state = '{RowState.REFUSED}' "
            "WHERE audience_id = %s AND profile_id = %s AND row = %s"
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
    """Note that the audience is no longer at its platform, in the caller's transaction.

    Nobody is on it, and it is requested again.
    """
    sql = f"SELECT id FROM pushes WHERE audience_id = %s AND status IN {one_of(UNFINISHED)}"
    for (push_id,) in conn.execute(sql, (audience_id,)).fetchall():
        close(conn, push_id, audience_id, PushStatus.FAILED, error, now)
    conn.execute(FORGET, (audience_id,))
    conn.execute("DELETE FROM audience_members WHERE audience_id = %s", (audience_id,))
    sql = f"""
        UPDATE audiences SET platform_id = NULL, cursor_tx = NULL, cursor_id = NULL,
               requested_at = CASE WHEN status = '{AudienceStatus.ACTIVE}'
                   THEN %s END, requested_by = CASE WHEN status = '{AudienceStatus.ACTIVE}'
                       THEN 'engine' END
        WHERE id = %s
    """
    conn.execute(sql, (now, audience_id))


def postpone(conn: Connection[Any], request: OpenRequest, reason: str, retry_at_ms: int) -> None:
    """Note that the request is to be sent again, and when."""
    outcome = Jsonb({"outcome": "retry", "reason": reason, "retry_at_ms": retry_at_ms})
    sql = (
        "UPDATE push_requests SET outcome = %s WHERE push_id = %s AND seq = %s "
        f"AND status = '{RequestStatus.RECORDED}'"
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
    """Give up a request and the rest of its push, in the caller's transaction.

    Args:
        conn: inside the caller's transaction.
        request: which.
        reason: code.
        detail: what the platform answered; may be empty.
        advice: what to do; may be empty.
        now: clock.
    """
    outcome = Jsonb({"outcome": "rejected", "reason": reason, "detail": detail, "advice": advice})
    sql = (
        f"UPDATE push_requests SET status = '{RequestStatus.REJECTED}', outcome = %s, "
        "ended_at = %s WHERE push_id = %s AND seq = %s"
    )
    conn.execute(sql, (outcome, now, request.push_id, request.seq))
    error = " ".join(filter(None, (f"{reason} ({detail})" if detail else reason, advice)))
    close(conn, request.push_id, request.audience_id, PushStatus.FAILED, error, now)


def note_readback(conn: Connection[Any], push_id: int, readback: Mapping[str, int | str]) -> None:
    """Keep what the platform says about the audience after a push."""
    conn.execute("UPDATE pushes SET readback = %s WHERE id = %s", (Jsonb(dict(readback)), push_id))


def _acknowledge(
    conn: Connection[Any], request: OpenRequest, rows: int, invalid: int, now: datetime
) -> bool:
    """Count a request that went out; whether its push has nothing left to send."""
    counted = {"push": request.push_id, "rows": rows, "invalid": invalid, "now": now}
    closed = conn.execute(SETTLED, counted).fetchone()
    all_sent = closed is not None and closed[0] != PushStatus.RUNNING
    if all_sent:
        pushed(conn, request.audience_id, request.kind, now)
    return all_sent
