"""The journal of pushes: planned (`store.activation.drafts`), sent (`requests`), confirmed.

A crash at any point resumes from here.

    plan ──▶ recorded ──begin──▶ (leave) ──▶ delivered, or accepted until the platform
                 ▲                 │         reports the result (`store.activation.receipts`)
                 │                 │───────▶ recorded again with retry_at_ms
                 └─────────────────┘
    fail, hold or cancel: what is still recorded becomes abandoned, and its people are planned again
    by the next push

``audience_members`` says `present` only for what a platform confirmed; anything planned and not
confirmed stays `adding` or `removing` and makes its person part of the next plan. A changed row is
removed before the new one is added, so one row per person is enough; a removal that was not done
while its person has another row by now is kept as `undone`.
"""

from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from domain.activation.states import GATED, GIVEN_UP, Operation, PushStatus, RequestStatus, RowState
from store.connection import one_of

ROWS: Final = """
    FROM push_requests r CROSS JOIN LATERAL (
        SELECT (pair->>0)::uuid AS profile_id, pair->1 AS row
        FROM jsonb_array_elements(r.rows) AS pair
    ) sent
"""
"""A request's (person, row) pairs."""
INSERT: Final = (
    "INSERT INTO audience_members (audience_id, profile_id, row, state, "
    "pushed_at) SELECT %(audience)s, profile_id, row"
)
CONFLICT: Final = " ON CONFLICT (audience_id, profile_id) DO "
"""Between them a state, an instant, and the rows that are meant."""
_NOT_KEPT: Final = f"""
    r.operation = '{Operation.REMOVE}' AND EXISTS (
        SELECT 1 FROM jsonb_array_elements(r.rows) AS pair WHERE NOT EXISTS (
            SELECT 1 FROM audience_members m
            WHERE m.audience_id = %(audience)s AND m.profile_id = (pair->>0)::uuid
              AND m.row = pair->1))
"""
_UNDO: Final = (
    f"UPDATE push_requests r SET status = '{RequestStatus.UNDONE}' WHERE r.push_id = %(push)s "
    f"AND r.status IN {one_of(GIVEN_UP)} AND " + _NOT_KEPT
)
_MISSED: Final = (
    INSERT + f", '{RowState.ADDING}', NULL" + ROWS
    + f"WHERE r.push_id = %(push)s AND r.operation = '{Operation.ADD}' "
      f"AND r.status IN {one_of(GIVEN_UP)}" + CONFLICT + "NOTHING"
)  # fmt: skip


def hold(conn: Connection[Any], audience_id: int, now: datetime) -> None:
    """Stop the pushes under way because the gate no longer lets them pass.

    The rest is planned again once it does.
    """
    with conn.transaction():
        cancel(conn, audience_id, PushStatus.HELD, "the gate no longer lets it pass", now)


def cancel(
    conn: Connection[Any], audience_id: int, status: PushStatus, why: str, now: datetime
) -> int:
    """Stop the pushes under way, withdrawals and deletions aside, in the caller's transaction.

    The next push plans the rest again.

    A request that is just being sent may still be delivered, which is then noted.

    Args:
        conn: inside the caller's transaction.
        audience_id: whose.
        status: they end with this one.
        why: a sentence.
        now: clock.

    Returns:
        How many were stopped.
    """
    sql = (
        f"SELECT id FROM pushes WHERE audience_id = %s AND status = '{PushStatus.RUNNING}' "
        f"AND kind IN {one_of(GATED)} FOR UPDATE"
    )
    found = conn.execute(sql, (audience_id,)).fetchall()
    for (push_id,) in found:
        close(conn, push_id, audience_id, status, why, now)
    return len(found)


def pushed(conn: Connection[Any], audience_id: int, kind: str, now: datetime) -> None:
    """Note when everything of a push had been sent, a withdrawal aside."""
    if kind in GATED:
        conn.execute("UPDATE audiences SET last_pushed_at = %s WHERE id = %s", (now, audience_id))


def close(
    conn: Connection[Any],
    push_id: int,
    audience_id: int,
    status: PushStatus,
    error: str,
    now: datetime,
) -> None:
    """End a push early.

    Rows whose old form is removed and whose new form was not added are noted, so that the next plan
    adds them.

    Args:
        conn: inside the caller's transaction.
        push_id: which.
        audience_id: whose.
        status: it ends with this one.
        error: why.
        now: clock.
    """
    sql = (
        f"UPDATE push_requests SET status = '{RequestStatus.ABANDONED}', ended_at = %s "
        f"WHERE push_id = %s AND status = '{RequestStatus.RECORDED}'"
    )
    conn.execute(sql, (now, push_id))
    names = {"push": push_id, "audience": audience_id}
    conn.execute(_MISSED, names)
    conn.execute(_UNDO, names)
    sql = "UPDATE pushes SET status = %s, error = %s, ended_at = %s WHERE id = %s"
    conn.execute(sql, (status, error, now, push_id))
