"""The journal of pushes: what was planned, what was sent, what is confirmed. A crash at any point resumes from here.

    plan ──▶ recorded ──begin──▶ (sent) ──▶ delivered
                 ▲                 │───────▶ recorded again with retry_at_ms
                 └─────────────────┘
    fail or hold: what is still recorded becomes abandoned, and its people are planned anew by the next push

``audience_members`` says `present` only for what a platform confirmed; anything planned and not confirmed stays `adding` or `removing`
and makes its person part of the next plan. A changed row is removed before the new one is added, so one row per person is enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.ids import ProfileId
from operators.net_change import NO_CONSENT, NetChange, Row
from store import audit
from store.activation import Audience, refusing

Pairs = Sequence[tuple[ProfileId, Row]]


@dataclass(frozen=True)
class OpenRequest:
    """One request that a push has still to send.

    Attributes:
        kind: of its push.
        operation: create, add, remove or delete.
        attempts: tries so far.
    """

    push_id: int
    seq: int
    workspace_id: int
    audience_id: int
    kind: str
    operation: str
    attempts: int


_NEXT: Final = """
    SELECT r.push_id, r.seq, p.workspace_id, p.audience_id, p.kind, r.operation, r.attempts
    FROM pushes p JOIN push_requests r ON r.push_id = p.id AND r.status = 'recorded'
    WHERE p.audience_id = %(audience)s AND p.status = 'running' AND (%(gated)s OR p.kind IN ('urgent', 'delete'))
      AND coalesce((r.outcome->>'retry_at_ms')::bigint, 0) <= %(now_ms)s
      AND NOT EXISTS (SELECT 1 FROM push_requests e
                      WHERE e.push_id = r.push_id AND e.seq < r.seq AND e.status = 'recorded')
    ORDER BY p.kind IN ('urgent', 'delete') DESC, p.id, r.seq LIMIT 1
"""
_ROWS: Final = """
    FROM push_requests r CROSS JOIN LATERAL (
        SELECT (pair->>0)::uuid AS profile_id, pair->1 AS row FROM jsonb_array_elements(r.rows) AS pair
    ) sent
"""
_MARK: Final = (
    "UPDATE audience_members m SET state = 'removing'" + _ROWS
    + "WHERE r.push_id = %(push)s AND r.operation = 'remove' AND m.audience_id = %(audience)s AND m.profile_id = sent.profile_id"
)  # fmt: skip
_INSERT: Final = "INSERT INTO audience_members (audience_id, profile_id, row, state, pushed_at) SELECT %(audience)s, profile_id, row"
_CONFLICT: Final = " ON CONFLICT (audience_id, profile_id) DO "
_EXPECT: Final = (
    _INSERT + ", 'adding', NULL" + _ROWS + "WHERE r.push_id = %(push)s AND r.operation = 'add'" + _CONFLICT
    + "UPDATE SET state = 'adding' WHERE audience_members.row = excluded.row"
)  # fmt: skip
_CONFIRM: Final = (
    _INSERT + ", 'present', %(now)s" + _ROWS + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s" + _CONFLICT
    + "UPDATE SET row = excluded.row, state = excluded.state, pushed_at = excluded.pushed_at"
)  # fmt: skip
_DROP: Final = (
    "DELETE FROM audience_members m USING (SELECT sent.*" + _ROWS + "WHERE r.push_id = %(push)s AND r.seq = %(seq)s) gone"
    + " WHERE m.audience_id = %(audience)s AND m.profile_id = gone.profile_id AND m.row = gone.row"
)  # fmt: skip
_MISSED: Final = (
    _INSERT + ", 'adding', NULL" + _ROWS
    + "WHERE r.push_id = %(push)s AND r.operation = 'add' AND r.status IN ('abandoned', 'rejected')" + _CONFLICT + "NOTHING"
)  # fmt: skip


def plan(
    conn: Connection[Any],
    audience: Audience,
    kind: str,
    decision_id: int | None,
    change: NetChange,
    max_rows: int,
    now: datetime,
) -> int:
    """Record a push with all its requests, in the caller's transaction.

    Args:
        conn: the planning transaction.
        audience: whose push it is.
        kind: scheduled, manual or urgent.
        decision_id: the decision that allows it.
        change: what to send.
        max_rows: rows per request.
        now: clock.

    Returns:
        The push's id; a push with nothing to send is done at once.
    """
    requests: list[tuple[str, Pairs]] = [] if audience.platform_id or not change.adds else [("create", ())]
    for operation, pairs in (("remove", change.removes), ("add", change.adds)):
        requests += [(operation, pairs[start : start + max_rows]) for start in range(0, len(pairs), max_rows)]
    push_id = _insert(conn, audience, kind, decision_id, requests, now)
    sql = "UPDATE pushes SET adds = %s, removes = %s, skipped = %s WHERE id = %s"
    conn.execute(sql, (len(change.adds), len(change.removes), Jsonb(change.skipped), push_id))
    names = {"push": push_id, "audience": audience.id}
    conn.execute(_MARK, names)
    conn.execute(_EXPECT, names)
    return push_id


def plan_deletion(conn: Connection[Any], audience: Audience, decision_id: int | None, now: datetime) -> int:
    """Record the deletion of the audience at its platform and abandon whatever was under way, in the caller's transaction."""
    sql = "SELECT id FROM pushes WHERE audience_id = %s AND status = 'running'"
    for (push_id,) in conn.execute(sql, (audience.id,)).fetchall():
        _close(conn, push_id, audience.id, "held", "deleted", now)
    return _insert(conn, audience, "delete", decision_id, [("delete", ())], now)


def move_cursor(conn: Connection[Any], audience: Audience, xmin: str) -> None:
    """Note that the outbox below `xmin` is planned and the manual trigger, if any, is answered."""
    sql = "UPDATE audiences SET cursor_tx = %s::xid8, cursor_id = 0, requested_at = NULL, requested_by = NULL WHERE id = %s"
    conn.execute(sql, (xmin, audience.id))


def next_request(conn: Connection[Any], audience_id: int, now_ms: int, gated: bool) -> OpenRequest | None:
    """The request to send next: withdrawals and deletions first, each push in its own order, none before its time.

    Args:
        conn: any connection.
        audience_id: whose request.
        now_ms: clock.
        gated: whether the gate lets pushes pass now; otherwise only withdrawals and deletions are given.
    """
    with conn.cursor(row_factory=class_row(OpenRequest)) as cursor:
        return cursor.execute(_NEXT, {"audience": audience_id, "now_ms": now_ms, "gated": gated}).fetchone()


def begin(conn: Connection[Any], request: OpenRequest, platform: str, purpose: str) -> list[tuple[ProfileId, Row]] | None:
    """Record that the request is about to be sent; committed on return, before anything leaves.

    Additions of people who no longer consent are taken out here, at the last moment.

    Returns:
        The rows to send; None where somebody else has settled the request.
    """
    with conn.transaction():
        sql = "SELECT rows FROM push_requests WHERE push_id = %s AND seq = %s AND status = 'recorded' FOR UPDATE"
        found = conn.execute(sql, (request.push_id, request.seq)).fetchone()
        if found is None:
            return None
        pairs = [(ProfileId(UUID(person).bytes), tuple(row)) for person, row in found[0]]
        if request.operation == "add":
            people = [UUID(bytes=person) for person, _ in pairs]
            refused = refusing(conn, request.workspace_id, people, purpose)
            pairs = [pair for pair in pairs if pair[0] not in refused]
            if refused:
                _leave_out(conn, request, pairs, len(refused))
        sql = "UPDATE push_requests SET attempts = attempts + 1 WHERE push_id = %s AND seq = %s"
        conn.execute(sql, (request.push_id, request.seq))
        detail = {
            "push": request.push_id,
            "seq": request.seq,
            "kind": request.kind,
            "operation": request.operation,
            "rows": len(pairs),
            "attempt": request.attempts + 1,
            "platform": platform,
        }
        audit.append(conn, request.workspace_id, "engine", "request", f"audience:{request.audience_id}", detail)
    return pairs


def created(conn: Connection[Any], audience_id: int, platform_id: str) -> None:
    """Note the platform's own id of the audience."""
    conn.execute("UPDATE audiences SET platform_id = %s WHERE id = %s", (platform_id, audience_id))


def delivered(conn: Connection[Any], request: OpenRequest, rows: int, invalid: int, now: datetime) -> bool:
    """Mark a request delivered with everything that follows from it, in the caller's transaction.

    Returns:
        Whether its push is done.
    """
    names = {"push": request.push_id, "seq": request.seq, "audience": request.audience_id, "now": now}
    if request.operation == "add":
        conn.execute(_CONFIRM, names)
    elif request.operation == "remove":
        conn.execute(_DROP, names)
    elif request.operation == "delete":
        conn.execute("DELETE FROM audience_members WHERE audience_id = %s", (request.audience_id,))
        conn.execute("UPDATE audiences SET status = 'deleted' WHERE id = %s", (request.audience_id,))
    outcome = Jsonb({"outcome": "delivered", "rows": rows, "invalid": invalid})
    sql = "UPDATE push_requests SET status = 'delivered', outcome = %s, ended_at = %s WHERE push_id = %s AND seq = %s"
    conn.execute(sql, (outcome, now, request.push_id, request.seq))
    sql = """
        UPDATE pushes p SET sent = sent + %s, rejected = rejected + %s, status = left_over.status,
               ended_at = CASE WHEN left_over.status = 'done' THEN %s::timestamptz END
        FROM (SELECT CASE WHEN EXISTS (SELECT 1 FROM push_requests WHERE push_id = %s AND status = 'recorded')
                     THEN 'running' ELSE 'done' END AS status) AS left_over
        WHERE p.id = %s AND p.status = 'running' RETURNING p.status
    """
    closed = conn.execute(sql, (rows, invalid, now, request.push_id, request.push_id)).fetchone()
    done = closed is not None and closed[0] == "done"
    if done:
        _pushed(conn, request.audience_id, request.kind, now)
    return done


def postpone(conn: Connection[Any], request: OpenRequest, reason: str, retry_at_ms: int) -> None:
    """Note that the request is to be sent again, and when."""
    outcome = Jsonb({"outcome": "retry", "reason": reason, "retry_at_ms": retry_at_ms})
    sql = "UPDATE push_requests SET outcome = %s WHERE push_id = %s AND seq = %s AND status = 'recorded'"
    conn.execute(sql, (outcome, request.push_id, request.seq))


def fail(conn: Connection[Any], request: OpenRequest, reason: str, detail: str, advice: str, now: datetime) -> None:
    """Give up a request and the rest of its push, in the caller's transaction."""
    outcome = Jsonb({"outcome": "rejected", "reason": reason, "detail": detail, "advice": advice})
    sql = "UPDATE push_requests SET status = 'rejected', outcome = %s, ended_at = %s WHERE push_id = %s AND seq = %s"
    conn.execute(sql, (outcome, now, request.push_id, request.seq))
    error = " ".join(filter(None, (f"{reason} ({detail})" if detail else reason, advice)))
    _close(conn, request.push_id, request.audience_id, "failed", error, now)


def hold(conn: Connection[Any], audience_id: int, now: datetime) -> None:
    """Stop the pushes under way because the gate no longer lets them pass; the rest is planned anew once it does."""
    with conn.transaction():
        sql = """
            SELECT id FROM pushes WHERE audience_id = %s AND status = 'running' AND kind IN ('scheduled', 'manual') FOR UPDATE
        """
        for (push_id,) in conn.execute(sql, (audience_id,)).fetchall():
            _close(conn, push_id, audience_id, "held", "the gate no longer lets it pass", now)


def note_readback(conn: Connection[Any], push_id: int, readback: Mapping[str, int | str]) -> None:
    """Keep what the platform says about the audience after a push."""
    conn.execute("UPDATE pushes SET readback = %s WHERE id = %s", (Jsonb(dict(readback)), push_id))


def _insert(
    conn: Connection[Any],
    audience: Audience,
    kind: str,
    decision_id: int | None,
    requests: Sequence[tuple[str, Pairs]],
    now: datetime,
) -> int:
    sql = """
        INSERT INTO pushes (workspace_id, audience_id, kind, decision_id, status, started_at, ended_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
    """
    status, ended = ("running", None) if requests else ("done", now)
    values = (audience.workspace_id, audience.id, kind, decision_id, status, now, ended)
    row = conn.execute(sql, values).fetchone()
    push_id = int(row[0]) if row else 0
    sql = """
        INSERT INTO push_requests (push_id, seq, operation, rows, status, recorded_at)
        VALUES (%s, %s, %s, %s::jsonb, 'recorded', %s)
    """
    with conn.cursor() as cursor:
        cursor.executemany(sql, [(push_id, seq, operation, _json(pairs), now) for seq, (operation, pairs) in enumerate(requests)])
    if not requests:
        _pushed(conn, audience.id, kind, now)
    return push_id


def _pushed(conn: Connection[Any], audience_id: int, kind: str, now: datetime) -> None:
    if kind in {"scheduled", "manual"}:
        conn.execute("UPDATE audiences SET last_pushed_at = %s WHERE id = %s", (now, audience_id))


def _close(conn: Connection[Any], push_id: int, audience_id: int, status: str, error: str, now: datetime) -> None:
    """End a push early. Rows whose old form is removed and whose new form was not added are noted, so that the next plan adds them."""
    sql = "UPDATE push_requests SET status = 'abandoned', ended_at = %s WHERE push_id = %s AND status = 'recorded'"
    conn.execute(sql, (now, push_id))
    conn.execute(_MISSED, {"push": push_id, "audience": audience_id})
    sql = "UPDATE pushes SET status = %s, error = %s, ended_at = %s WHERE id = %s"
    conn.execute(sql, (status, error, now, push_id))


def _leave_out(conn: Connection[Any], request: OpenRequest, pairs: Pairs, left_out: int) -> None:
    """Rewrite a request without the people who no longer consent, and count them."""
    sql = "UPDATE push_requests SET rows = %s::jsonb WHERE push_id = %s AND seq = %s"
    conn.execute(sql, (_json(pairs), request.push_id, request.seq))
    sql = """
        UPDATE pushes SET skipped = skipped || jsonb_build_object(%s::text, coalesce((skipped->>%s)::int, 0) + %s)
        WHERE id = %s
    """
    conn.execute(sql, (NO_CONSENT, NO_CONSENT, left_out, request.push_id))


def _json(pairs: Pairs) -> str:
    return msgspec.json.encode([(str(UUID(bytes=person)), row) for person, row in pairs]).decode()
