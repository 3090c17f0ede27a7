"""Requests of a push on their way out: which is next, taken in hand, and on record as it leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from domain.activation.states import EXEMPT, Operation, PushStatus, RequestStatus
from domain.ids import ProfileId
from operators.activation import NO_CONSENT, Row
from store.activation.concerned import refusing
from store.audit import trail
from store.connection import one_of

_TAKES_OFF: Final = (Operation.REMOVE, Operation.DELETE)
Pairs = Sequence[tuple[ProfileId, Row]]
_ROWS: Final = msgspec.json.Decoder(list[tuple[str, Row]])


@dataclass(frozen=True)
class OpenRequest:
    """One request that a push has still to send.

    Attributes:
        kind: of its push.
        operation: create, check, add, remove or delete.
        attempts: tries so far.
    """

    push_id: int
    seq: int
    workspace_id: int
    audience_id: int
    kind: str
    operation: str
    attempts: int


_NEXT: Final = f"""
    SELECT r.push_id, r.seq, p.workspace_id, p.audience_id, p.kind, r.operation, r.attempts
    FROM pushes p JOIN push_requests r ON r.push_id = p.id AND r.status = '{RequestStatus.RECORDED}'
    WHERE p.audience_id = %(audience)s AND p.status = '{PushStatus.RUNNING}' AND (%(gated)s
      OR p.kind IN {one_of(EXEMPT)})
      AND coalesce((r.outcome->>'retry_at_ms')::bigint, 0) <= %(now_ms)s
      AND NOT EXISTS (SELECT 1 FROM push_requests e
                      WHERE e.push_id = r.push_id AND e.seq < r.seq
                        AND e.status = '{RequestStatus.RECORDED}')
    ORDER BY p.kind IN {one_of(EXEMPT)} DESC, p.id, r.seq LIMIT 1
"""


def next_request(
    conn: Connection[Any], audience_id: int, now_ms: int, gated: bool
) -> OpenRequest | None:
    """Return the request to send next, none before its time.

    Withdrawals and deletions are first; each push is sent in its own order.

    Args:
        conn: any connection.
        audience_id: whose request.
        now_ms: clock.
        gated: whether the gate lets pushes pass now; otherwise only withdrawals and deletions are
            given.
    """
    with conn.cursor(row_factory=class_row(OpenRequest)) as cursor:
        return cursor.execute(
            _NEXT, {"audience": audience_id, "now_ms": now_ms, "gated": gated}
        ).fetchone()


def begin(
    conn: Connection[Any],
    request: OpenRequest,
    platform: str,
    purpose: str,
    permit: Callable[[], bool],
) -> list[tuple[ProfileId, Row]] | None:
    """Begin a request.

    Additions of people who no longer consent are taken out here. A request that only removes people
    is recorded as begun, committed on return, before anything is sent. One that adds people is
    recorded, and asks the gate, with `record_departure`: later, when it could be sent at once.

    Args:
        conn: connection in autocommit mode.
        request: which.
        platform: for the record.
        purpose: that people must have consented to.
        permit: whether a push may continue, checked first in the transaction; not called where
            people are only removed.

    Returns:
        The rows to send; None where it may not continue, or another process has closed it.
    """
    adds = request.operation == Operation.ADD
    with conn.transaction():
        if not (adds or is_exempt(request) or permit()):
            return None
        pairs = recorded(conn, request)
        if pairs is None:
            return None
        if adds:
            people = [person for person, _ in pairs]
            refused = refusing(conn, request.workspace_id, people, purpose, request.audience_id)
            pairs = [pair for pair in pairs if pair[0] not in refused]
            if refused:
                leave_out(conn, request, pairs, NO_CONSENT, len(refused))
        sql = "UPDATE push_requests SET attempts = attempts + 1 WHERE push_id = %s AND seq = %s"
        conn.execute(sql, (request.push_id, request.seq))
        if not adds:
            _note(conn, request, platform, len(pairs))
    return pairs


def record_departure(
    conn: Connection[Any],
    request: OpenRequest,
    platform: str,
    purpose: str,
    people: Sequence[ProfileId],
    permit: Callable[[], bool],
) -> bool:
    """Record that a request that adds people leaves now; committed on return.

    This is where it begins: it has its rows, its access and its place in the pace, and nothing is
    waited for any more. Where it goes out in several HTTP requests, each begins so.

    Args:
        conn: connection in autocommit mode.
        request: which.
        platform: for the record.
        purpose: that people must have consented to.
        people: whom it adds.
        permit: whether the push may continue, checked first in the transaction.

    Returns:
        False where it may not continue, is closed, or a person has withdrawn consent since it was
        started: the request is started again.
    """
    with conn.transaction():
        if (
            not permit()
            or not _is_recorded(conn, request)
            or refusing(conn, request.workspace_id, people, purpose, request.audience_id)
        ):
            return False
        _note(conn, request, platform, len(people))
    return True


def is_exempt(request: OpenRequest) -> bool:
    """Whether a request is exempt from the gate: a withdrawal or deletion that adds nobody."""
    return request.kind in EXEMPT and request.operation in _TAKES_OFF


def _note(conn: Connection[Any], request: OpenRequest, platform: str, rows: int) -> None:
    detail = {
        "push": request.push_id,
        "seq": request.seq,
        "kind": request.kind,
        "operation": request.operation,
        "rows": rows,
        "attempt": request.attempts + 1,
        "platform": platform,
    }
    trail.append(
        conn, request.workspace_id, "engine", "request", f"audience:{request.audience_id}", detail
    )


def _is_recorded(conn: Connection[Any], request: OpenRequest) -> bool:
    sql = (
        "SELECT 1 FROM push_requests WHERE push_id = %s AND seq = %s "
        f"AND status = '{RequestStatus.RECORDED}' FOR UPDATE"
    )
    return conn.execute(sql, (request.push_id, request.seq)).fetchone() is not None


def leave_out(
    conn: Connection[Any], request: OpenRequest, pairs: Pairs, reason: str, left_out: int
) -> None:
    """Rewrite a request without some of its people, and count them by reason.

    Args:
        conn: inside the caller's transaction.
        request: which.
        pairs: the people that stay, with their rows.
        reason: why the others are left out.
        left_out: how many they are.
    """
    sql = "UPDATE push_requests SET rows = %s::jsonb WHERE push_id = %s AND seq = %s"
    conn.execute(sql, (written(pairs), request.push_id, request.seq))
    sql = """
        UPDATE pushes SET skipped = skipped || jsonb_build_object(%s::text,
            coalesce((skipped->>%s)::int, 0) + %s)
        WHERE id = %s
    """
    conn.execute(sql, (reason, reason, left_out, request.push_id))


def recorded(conn: Connection[Any], request: OpenRequest) -> list[tuple[ProfileId, Row]] | None:
    """Lock a request that is still to be sent and read its rows; None where it is closed."""
    sql = (
        "SELECT rows::text FROM push_requests WHERE push_id = %s AND seq = %s "
        f"AND status = '{RequestStatus.RECORDED}' FOR UPDATE"
    )
    found = conn.execute(sql, (request.push_id, request.seq)).fetchone()
    if found is None:
        return None
    return [(ProfileId(UUID(person).bytes), row) for person, row in _ROWS.decode(found[0])]


def written(pairs: Pairs) -> str:
    """Spell the rows of a request as they are stored: JSON, people as 32 hexadecimal digits."""
    return msgspec.json.encode([(person.hex(), row) for person, row in pairs]).decode()
