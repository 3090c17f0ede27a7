"""Writes a push down before anything of it is sent, in the transaction that plans it.

A draft takes the net change page by page and keeps no more than a request of it in memory. It is
planned once its decision is known, or discarded, which leaves nothing behind.

    Draft ── take ──▶ take ──▶ … ──┬──▶ plan: removals before additions, people marked,
                                   │    the decision noted
                                   └──▶ discard
"""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.activation.states import Operation, PushKind, PushStatus, RequestStatus, RowState
from domain.ids import ProfileId
from operators.activation import NetChange, identifiers
from store.activation import concerned
from store.activation.due import Audience
from store.activation.pushes import CONFLICT, INSERT, ROWS, close, pushed
from store.activation.requests import Pairs, written

_PUSH: Final = f"""
    INSERT INTO pushes (workspace_id, audience_id, kind, decision_id, status, started_at)
    VALUES (%s, %s, %s, %s, '{PushStatus.RUNNING}', %s) RETURNING id
"""
_REQUEST: Final = f"""
    INSERT INTO push_requests (push_id, seq, operation, rows, status, recorded_at)
    VALUES (%s, %s, %s, %s::jsonb, '{RequestStatus.RECORDED}', %s)
"""
_ORDER: Final = (Operation.CREATE, Operation.CHECK, Operation.REMOVE, Operation.ADD)
_NUMBER: Final = f"""
    UPDATE push_requests r SET seq = numbered.seq
    FROM (SELECT seq AS drafted, row_number() OVER (
              ORDER BY array_position('{{{",".join(_ORDER)}}}', operation), seq DESC) - 1 AS seq
          FROM push_requests WHERE push_id = %(push)s) AS numbered
    WHERE r.push_id = %(push)s AND r.seq = numbered.drafted
"""
_MARK: Final = (
    f"UPDATE audience_members m SET state = '{RowState.REMOVING}'" + ROWS
    + f"WHERE r.push_id = %(push)s AND r.operation = '{Operation.REMOVE}' "
      "AND m.audience_id = %(audience)s AND m.profile_id = sent.profile_id"
)  # fmt: skip
_EXPECT: Final = (
    INSERT + f", '{RowState.ADDING}', NULL" + ROWS
    + f"WHERE r.push_id = %(push)s AND r.operation = '{Operation.ADD}'" + CONFLICT
    + f"UPDATE SET state = '{RowState.ADDING}' WHERE audience_members.row = excluded.row"
)  # fmt: skip
_TAKEN_UP: Final = f"""
    UPDATE push_requests r SET status = '{RequestStatus.REJECTED}' FROM pushes p
    WHERE p.id = r.push_id AND p.audience_id = %s AND r.status = '{RequestStatus.UNDONE}'
"""
_TAKEN_OVER: Final = f"""
    UPDATE push_requests r SET rows = left_over.rows,
        status = CASE WHEN left_over.rows = '[]' THEN '{RequestStatus.REJECTED}' ELSE r.status END
    FROM (
        SELECT u.push_id, u.seq, coalesce(jsonb_agg(pair ORDER BY place)
            FILTER (WHERE (pair->>0)::uuid <> ALL(%(people)s::uuid[])), '[]') AS rows
        FROM push_requests u JOIN pushes p ON p.id = u.push_id
        CROSS JOIN LATERAL jsonb_array_elements(u.rows) WITH ORDINALITY AS sent(pair, place)
        WHERE p.audience_id = %(audience)s AND u.status = '{RequestStatus.UNDONE}'
          AND people_of(u.rows) && %(people)s::uuid[]
        GROUP BY u.push_id, u.seq
    ) AS left_over
    WHERE r.push_id = left_over.push_id AND r.seq = left_over.seq
"""
_UNCERTAIN: Final = (
    f"UPDATE audience_members SET state = '{RowState.ADDING}' "
    "WHERE audience_id = %s AND profile_id = ANY(%s)"
)


class Draft:
    """One push as it is written down.

    Args:
        conn: the planning transaction.
        audience: whose push it is.
        kind: scheduled, manual or urgent.
        max_rows: rows per request.
        now: clock.

    Attributes:
        adds: rows to be added so far.
        removes: rows to be removed so far.
    """

    def __init__(
        self, conn: Connection[Any], audience: Audience, kind: str, max_rows: int, now: datetime
    ) -> None:
        self._conn = conn
        self._audience = audience
        self._kind = kind
        self._max_rows = max_rows
        self._now = now
        self.adds = 0
        self.removes = 0
        self._waiting: dict[Operation, list[tuple[ProfileId, tuple[str, ...]]]] = {
            Operation.REMOVE: [],
            Operation.ADD: [],
        }
        self._skipped: Counter[str] = Counter()
        self._removed: set[str] = set()
        self._withdrawn: set[ProfileId] = set()
        self._requests = 0
        self._push_id = _insert(conn, audience, kind, None, now)

    def take(self, change: NetChange) -> None:
        """Write down the net change of a page of people."""
        self.removes += len(change.removes)
        self.adds += len(change.adds)
        self._skipped.update(change.skipped)
        self._removed |= identifiers(row for _, row in change.removes)
        if self._kind == PushKind.URGENT:
            self._withdrawn |= {person for person, _ in change.removes}
        self._write(Operation.REMOVE, change.removes)
        self._write(Operation.ADD, change.adds)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._conn.execute("DELETE FROM push_requests WHERE push_id = %s", (self._push_id,))
        self._conn.execute("DELETE FROM pushes WHERE id = %s", (self._push_id,))

    def plan(
        self, decision_id: int | None, sent_again: AbstractSet[ProfileId] = frozenset()
    ) -> int:
        """Make it a push that is under way, or done where there is nothing to send.

        Whoever shares an identifier with a removed row and stays is added again: at once, or, after
        a withdrawal, by the next push that the gate lets pass.

        Args:
            decision_id: the decision that allows it.
            sent_again: people who stay on the list as they are and are among the additions already.

        Returns:
            The push's id.
        """
        names = {"push": self._push_id, "audience": self._audience.id}
        if self._kind != PushKind.URGENT:
            self._conn.execute(_TAKEN_UP, (self._audience.id,))
        elif self._withdrawn:
            people = [person.hex() for person in sorted(self._withdrawn)]
            self._conn.execute(_TAKEN_OVER, names | {"people": people})
        self._flush(Operation.REMOVE)
        self._conn.execute(_MARK, names)
        for pairs in concerned.sharing(self._conn, self._audience.id, self._removed, sent_again):
            if self._kind == PushKind.URGENT:
                self._conn.execute(
                    _UNCERTAIN, (self._audience.id, [person.hex() for person, _ in pairs])
                )
            else:
                self.adds += len(pairs)
                self._write(Operation.ADD, pairs)
        self._flush(Operation.ADD)
        self._conn.execute(_EXPECT, names)
        self._lead()
        self._conn.execute(_NUMBER, names)
        sql = (
            "UPDATE pushes SET decision_id = %s, adds = %s, removes = %s, skipped = %s "
            "WHERE id = %s"
        )
        self._conn.execute(
            sql, (decision_id, self.adds, self.removes, Jsonb(dict(self._skipped)), self._push_id)
        )
        if not self._requests:
            self._conn.execute(
                f"UPDATE pushes SET status = '{PushStatus.DONE}', ended_at = %s WHERE id = %s",
                (self._now, self._push_id),
            )
            pushed(self._conn, self._audience.id, self._kind, self._now)
        return self._push_id

    def _lead(self) -> None:
        """Create the audience first where that was never done.

        Look whether it is still there where everything is compared again.
        """
        if self._audience.platform_id is None and self.adds:
            self._store(Operation.CREATE, ())
        elif (
            self._audience.platform_id
            and self._audience.cursor_tx is None
            and self._kind != PushKind.URGENT
        ):
            self._store(Operation.CHECK, ())

    def _write(self, operation: Operation, pairs: Pairs) -> None:
        waiting = self._waiting[operation]
        waiting += pairs
        while len(waiting) >= self._max_rows:
            self._store(operation, waiting[: self._max_rows])
            del waiting[: self._max_rows]

    def _flush(self, operation: Operation) -> None:
        if self._waiting[operation]:
            self._store(operation, self._waiting[operation])
            self._waiting[operation] = []

    def _store(
        self, operation: Operation, pairs: Sequence[tuple[ProfileId, tuple[str, ...]]]
    ) -> None:
        """Write one request down; drafted ones are counted downwards from -1."""
        self._requests += 1
        _request(self._conn, self._push_id, -self._requests, operation, pairs, self._now)


def plan_deletion(
    conn: Connection[Any], audience: Audience, decision_id: int | None, now: datetime
) -> int:
    """Record the deletion of the audience at its platform and abandon its running pushes.

    Runs in the caller's transaction.
    """
    sql = f"SELECT id FROM pushes WHERE audience_id = %s AND status = '{PushStatus.RUNNING}'"
    for (push_id,) in conn.execute(sql, (audience.id,)).fetchall():
        close(conn, push_id, audience.id, PushStatus.HELD, "deleted", now)
    push_id = _insert(conn, audience, PushKind.DELETE, decision_id, now)
    _request(conn, push_id, 0, Operation.DELETE, (), now)
    return push_id


def move_cursor(conn: Connection[Any], audience: Audience, xmin: str) -> None:
    """Note that the outbox below `xmin` is planned and the manual trigger, if any, is answered."""
    sql = (
        "UPDATE audiences SET cursor_tx = %s::xid8, cursor_id = 0, requested_at = NULL,"
        " requested_by = NULL WHERE id = %s"
    )
    conn.execute(sql, (xmin, audience.id))


def _insert(
    conn: Connection[Any], audience: Audience, kind: str, decision_id: int | None, now: datetime
) -> int:
    row = conn.execute(
        _PUSH, (audience.workspace_id, audience.id, kind, decision_id, now)
    ).fetchone()
    return int(row[0]) if row else 0


def _request(
    conn: Connection[Any], push_id: int, seq: int, operation: Operation, pairs: Pairs, now: datetime
) -> None:
    conn.execute(_REQUEST, (push_id, seq, operation, written(pairs), now))
