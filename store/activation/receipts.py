"""Writes that a platform took in and does later, polled until it reports the result.

accepted ──▶ delivered: its rows are confirmed
         ──▶ rejected: its rows are unconfirmed again, and part of the next plan
         ──▶ undone: a removal that failed, of a row that its person no longer has; planned again
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.activation.states import Operation, RequestStatus, RowState
from store.activation.outcomes import SETTLED
from store.activation.pushes import ROWS

_LIMIT: Final = 100
"""Receipts handed out at once."""


@dataclass(frozen=True)
class Receipt:
    """One write whose result is due to be asked for.

    Attributes:
        kind: of its push.
        operation: add or remove.
        receipt: what the platform called it.
        rows: how many it has.
        asked: how often it was asked about.
    """

    push_id: int
    seq: int
    workspace_id: int
    audience_id: int
    platform: str
    kind: str
    operation: str
    receipt: str
    rows: int
    asked: int


_DUE: Final = f"""
    SELECT r.push_id, r.seq, p.workspace_id, p.audience_id, a.platform, p.kind, r.operation,
        r.outcome->>'receipt' AS receipt,
           (r.outcome->>'rows')::int AS rows, (r.outcome->>'asked')::int AS asked
    FROM push_requests r JOIN pushes p ON p.id = r.push_id JOIN audiences a ON a.id = p.audience_id
    WHERE r.status = '{RequestStatus.ACCEPTED}' AND a.platform = ANY(%s)
      AND (r.outcome->>'retry_at_ms')::bigint <= %s
    ORDER BY (r.outcome->>'retry_at_ms')::bigint LIMIT %s
"""
_OF_REQUEST: Final = """
    r.push_id = %(push)s AND r.seq = %(seq)s AND m.audience_id = %(audience)s
    AND m.profile_id = sent.profile_id AND m.row = sent.row
"""
_ADDED: Final = (
    f"UPDATE audience_members m SET state = '{RowState.PRESENT}', pushed_at = %(now)s"
    + ROWS
    + f"WHERE m.state = '{RowState.ACCEPTED}' AND "
    + _OF_REQUEST
)
_NOT_ADDED: Final = (
    f"UPDATE audience_members m SET state = '{RowState.ADDING}'"
    + ROWS
    + f"WHERE m.state = '{RowState.ACCEPTED}' AND "
    + _OF_REQUEST
)
_GONE: Final = (
    "DELETE FROM audience_members m USING (SELECT r.push_id, r.seq, sent.*" + ROWS
    + f") sent WHERE m.state = '{RowState.LEAVING}' AND "
    + _OF_REQUEST.replace("r.", "sent.")
)  # fmt: skip
_NOT_GONE: Final = (
    f"UPDATE audience_members m SET state = '{RowState.REMOVING}'"
    + ROWS
    + f"WHERE m.state = '{RowState.LEAVING}' AND "
    + _OF_REQUEST
)
_END: Final = f"""
    UPDATE push_requests r SET ended_at = %(now)s, outcome = r.outcome || %(outcome)s,
           status = CASE WHEN NOT %(refused)s THEN '{RequestStatus.DELIVERED}'
                         WHEN r.operation = '{Operation.REMOVE}' AND EXISTS (
                             SELECT 1 FROM jsonb_array_elements(r.rows) AS pair WHERE NOT EXISTS (
                                 SELECT 1 FROM audience_members m
                                 WHERE m.audience_id = %(audience)s
                                   AND m.profile_id = (pair->>0)::uuid AND m.row = pair->1))
                         THEN '{RequestStatus.UNDONE}' ELSE '{RequestStatus.REJECTED}' END
    WHERE r.push_id = %(push)s AND r.seq = %(seq)s AND r.status = '{RequestStatus.ACCEPTED}'
"""


def due(conn: Connection[Any], platforms: Collection[str], now_ms: int) -> list[Receipt]:
    """List what is to be asked about now, the longest due first."""
    with conn.cursor(row_factory=class_row(Receipt)) as cursor:
        return cursor.execute(_DUE, (list(platforms), now_ms, _LIMIT)).fetchall()


def ask_again(conn: Connection[Any], receipt: Receipt, reason: str, ask_at_ms: int) -> None:
    """Record that the platform has no result yet, and when to poll again."""
    told = Jsonb({"asked": receipt.asked + 1, "reason": reason, "retry_at_ms": ask_at_ms})
    sql = (
        "UPDATE push_requests SET outcome = outcome || %s WHERE push_id = %s AND seq = %s "
        f"AND status = '{RequestStatus.ACCEPTED}'"
    )
    conn.execute(sql, (told, receipt.push_id, receipt.seq))


def confirm(
    conn: Connection[Any],
    receipt: Receipt,
    invalid: int,
    counts: Mapping[str, int | str],
    now: datetime,
) -> None:
    """Note that the platform did it, in the caller's transaction.

    Args:
        conn: inside the caller's transaction.
        receipt: of the write.
        invalid: rows that the platform could not use, as it counts them.
        counts: the platform's response; safe to show.
        now: clock.
    """
    conn.execute(_ADDED if receipt.operation == Operation.ADD else _GONE, _names(receipt, now))
    _end(
        conn,
        receipt,
        {"outcome": "delivered", "invalid": invalid, "said": dict(counts)},
        invalid,
        now,
        refused=False,
    )


def refuse(
    conn: Connection[Any],
    receipt: Receipt,
    reason: str,
    counts: Mapping[str, int | str],
    now: datetime,
) -> None:
    """Note that the platform did not do it, in the caller's transaction.

    Its people are planned again.

    Args:
        conn: inside the caller's transaction.
        receipt: of the write.
        reason: code.
        counts: what the platform reported, by its names.
        now: clock.
    """
    conn.execute(
        _NOT_ADDED if receipt.operation == Operation.ADD else _NOT_GONE, _names(receipt, now)
    )
    _end(
        conn,
        receipt,
        {"outcome": "rejected", "reason": reason, "said": dict(counts)},
        receipt.rows,
        now,
        refused=True,
    )
    error = (
        f"{reason}: the platform took {receipt.rows} rows in and did not {receipt.operation} them."
        " The next push tries again."
    )
    conn.execute("UPDATE pushes SET error = %s WHERE id = %s", (error, receipt.push_id))


def _end(
    conn: Connection[Any],
    receipt: Receipt,
    outcome: Mapping[str, Any],
    invalid: int,
    now: datetime,
    *,
    refused: bool,
) -> None:
    names = _names(receipt, now)
    conn.execute(_END, names | {"outcome": Jsonb(dict(outcome)), "refused": refused})
    conn.execute(SETTLED, {"push": receipt.push_id, "rows": 0, "invalid": invalid, "now": now})


def _names(receipt: Receipt, now: datetime) -> dict[str, Any]:
    return {
        "push": receipt.push_id,
        "seq": receipt.seq,
        "audience": receipt.audience_id,
        "now": now,
    }
